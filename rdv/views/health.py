"""What the machines ask: is the process alive, is the platform ready. No personal data, no session."""

from datetime import timedelta

from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from rdv.core import clock
from rdv.services import operations

LATE = timedelta(minutes=5)


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers. Nothing else is asked, so that a database away does not kill every process."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Database (503 without it), then what makes service worse but not impossible: broker, beat, waiting messages."""
    now = clock.now()
    try:
        state = operations.state_of_the_house(now=now)
    except DatabaseError:
        return JsonResponse({"status": "database unreachable"}, status=503)
    return JsonResponse({"status": "ok" if state.is_whole else "degraded", **state.as_dict()})
