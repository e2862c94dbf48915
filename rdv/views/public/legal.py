"""Pages that the law asks for, and where to report a flaw. What they say is true of this service."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from rdv.core import clock
from rdv.models import HOLD_FOR
from rdv.views.public.shared import departement_or_404, show
from usagers.models import CODE_LIFE

# RFC 9116 asks for a date less than a year away.
SECURITY_VALID_FOR = timedelta(days=180)


@require_safe
def accessibility(request: HttpRequest, departement: str) -> HttpResponse:
    return show(request, "public/legal/accessibility.html", departement_or_404(departement))


@require_safe
def legal(request: HttpRequest, departement: str) -> HttpResponse:
    return show(request, "public/legal/notices.html", departement_or_404(departement))


@require_safe
def privacy(request: HttpRequest, departement: str) -> HttpResponse:
    context = {
        "hold_minutes": int(HOLD_FOR.total_seconds() // 60),
        "code_minutes": int(CODE_LIFE.total_seconds() // 60),
    }
    return show(request, "public/legal/privacy.html", departement_or_404(departement), context)


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """RFC 9116: where to write about a security flaw."""
    expires = (clock.now() + SECURITY_VALID_FOR).replace(microsecond=0)
    lines = [
        f"Contact: mailto:{settings.DEFAULT_FROM_EMAIL}",
        f"Expires: {expires.isoformat().replace('+00:00', 'Z')}",
        "Preferred-Languages: fr, en",
        f"Canonical: {settings.BASE_URL.rstrip('/')}/.well-known/security.txt",
    ]
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")
