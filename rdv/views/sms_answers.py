"""SMS that people send back, handed over by Twilio. Signed like its other calls; answers with its own small XML.

Room: views. It stands here and not in notifications: what the words mean is the affair of rdv/services/sms_router.
"""

from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.utils.html import escape
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from notifications.views.webhooks import is_signed_by_twilio
from rdv.core import clock
from rdv.services.sms_router import answer_sms

SID_LENGTH = 100  # Twilio's are 34


@csrf_exempt  # signed by Twilio instead
@require_POST
def twilio_answer(request: HttpRequest) -> HttpResponse:
    if not is_signed_by_twilio(request):
        return HttpResponseForbidden()
    asked = {name: request.POST.get(name, "").replace("\x00", "") for name in ("From", "Body", "MessageSid")}
    said = answer_sms(
        phone=asked["From"], text=asked["Body"], now=clock.now(), provider_id=asked["MessageSid"][:SID_LENGTH]
    )
    message = f"<Message>{escape(said)}</Message>" if said else ""
    body = f'<?xml version="1.0" encoding="UTF-8"?><Response>{message}</Response>'
    return HttpResponse(body, content_type="application/xml; charset=utf-8")
