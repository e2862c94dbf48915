"""A form of the settings that is saved, or shown again with what is missing or refused.

Room: views. Called by places and teams; each says the rest in its own words.
"""

from collections.abc import Callable
from typing import TypeVar

from django import forms
from django.http import HttpRequest, QueryDict

from agents.forms.states import Stated
from agents.services.refusals import FieldRefused

Saved = TypeVar("Saved")
ASKED, INCOMPLETE, REFUSED = 200, 422, 409


def typed(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def status_of(form: forms.BaseForm) -> int:
    """Of a page that shows a form again: refused when somebody else was first, incomplete else."""
    if isinstance(form, Stated) and form.late:
        return REFUSED
    return INCOMPLETE if form.errors else ASKED


def saved(form: forms.Form, save: Callable[[], Saved]) -> tuple[Saved | None, int]:
    """What `save` wrote; else None, and the status of the page that is shown again."""
    if not form.is_valid():
        return None, status_of(form)
    try:
        return save(), ASKED
    except FieldRefused as refused:
        form.add_error(refused.field, refused.message)
        return None, REFUSED
