"""What was opened from the agenda leads back to it: same view, same day, same place on the page.

The agenda names itself in the addresses that it gives (`?retour=2027-01-14.semaine.7`); pages and forms carry it on.
"""

from typing import Any

from django import template
from django.http import HttpRequest
from django.template import Context
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from rdv.views.agenda.asked import agenda_behind, back_to_agenda

register = template.Library()


@register.simple_tag(takes_context=True)
def back_url(context: Context, name: str, *args: Any) -> str:
    """The agenda that led here, else this page."""
    request = _request(context)
    return (back_to_agenda(request) if request else "") or reverse(name, args=args)


@register.simple_tag(takes_context=True)
def agenda_back(context: Context) -> str:
    """The agenda that led here, or nothing."""
    request = _request(context)
    return back_to_agenda(request) if request else ""


@register.simple_tag(takes_context=True)
def retour(context: Context, mark: str = "?") -> str:
    """The end of an address that goes on from here: `?retour=...`, or nothing."""
    place = _place(context)
    return f"{mark}retour={place}" if place else ""


@register.simple_tag(takes_context=True)
def retour_field(context: Context) -> str | SafeString:
    """The same for a form."""
    place = _place(context)
    return format_html('<input type="hidden" name="retour" value="{}">', place) if place else ""


def _place(context: Context) -> str:
    request = _request(context)
    asked = agenda_behind(request) if request else None
    return asked.written if asked else ""


def _request(context: Context) -> HttpRequest | None:
    found = context.get("request")
    return found if isinstance(found, HttpRequest) else None
