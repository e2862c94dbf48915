"""The note "pour les agents" of an Rdv, written again after the booking.

Room: services. Called by the page of an Rdv. Never sent to anybody; the journal keeps that it changed, not what
it said.
"""

from datetime import datetime

from django.db import transaction

from rdv.core import journal
from rdv.core.errors import DomainError
from rdv.core.journal import Author
from rdv.models import Rdv
from rdv.services.cancelling import lock_rdv


class NoteChanged(DomainError):  # noqa: N818 - named like the refusals of rdv/services/errors
    code = "note_changed"
    message = "Quelqu’un a écrit dans cette note entre-temps. Rien n’est perdu : lisez les deux, puis enregistrez."


@transaction.atomic(durable=True)
def write_note(*, rdv: Rdv, note: str, expected: str, author: Author, now: datetime) -> bool:
    """`expected`: the note that the page showed; another one raises NoteChanged. Asked twice, done once: True when
    something changed."""
    locked = lock_rdv(rdv)
    if locked.context == note:
        return False
    if locked.context != expected:
        raise NoteChanged
    locked.context = note
    locked.save(update_fields=["context"])
    journal.write(
        "rdv.note", subject=("rdv", locked.uuid), departement_code=locked.departement_id, author=author, now=now
    )
    return True
