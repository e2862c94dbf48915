"""What every template may use. Costs no query by itself."""

from django.conf import settings
from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, object]:
    return {"has_outbox_page": settings.OUTBOX_PAGE}
