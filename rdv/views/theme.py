"""The département's two colours, as a sheet of its own: the content policy allows no inline style."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from agents.models import Departement


@require_safe
@cache_control(public=True, max_age=24 * 3600)
def theme_css(request: HttpRequest, code: str) -> HttpResponse:
    """Its address carries the colours, so that a change of colours is seen at once."""
    departement = get_object_or_404(Departement, code=code)
    return render(request, "components/theme.css", {"departement": departement}, content_type="text/css")
