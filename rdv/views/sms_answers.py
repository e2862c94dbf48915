"""SMS that people send back, handed over by Twilio. Signed like its other calls; answers with its own small XML.

Room: views. It stands here and not in notifications: what the words mean is the waiting list's affair.
"""

from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.utils.html import escape
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from notifications.views.webhooks import is_signed_by_twilio
from rdv.core import clock
from rdv.services.waitlist_sms import answer_sms


@csrf_exempt  # signed by Twilio instead
@require_POST
def twilio_answer(request: HttpRequest) -> HttpResponse:
    if not is_signed_by_twilio(request):
        return HttpResponseForbidden()
    said = answer_sms(phone=request.POST.get("From", ""), text=request.POST.get("Body", ""), now=clock.now())
    body = f'<?xml version="1.0" encoding="UTF-8"?><Response><Message>{escape(said)}</Message></Response>'
    return HttpResponse(body, content_type="application/xml; charset=utf-8")
