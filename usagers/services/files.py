"""Files of the people received: created, changed, found again by a verified phone or e-mail. The only writer of Usager.

Called by the views and by the booking services. Every change is journalled twice, in the same transaction:

    usager.updated   which fields changed, by whom: kept 5 years, as every change
    usager.values    their values before and after (never the note's): kept 12 months, so that an erased file does not
                     live on in the journal (domain.md, "Keeping and forgetting")
"""

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypedDict, Unpack, cast

from django.db import transaction

from agents.models import Commune, Departement
from notifications import services as notifications
from notifications.services import Addressee
from rdv.core import journal
from rdv.core.db import LOCK_USAGER_CREATION
from rdv.core.errors import DomainError
from rdv.core.journal import Author, Evenement
from rdv.core.text import search_key
from rdv.core.together import Also
from usagers.models import Channel, Usager, UsagerQuerySet
from usagers.phones import PhoneProblem, read_phone
from usagers.services.codes import CodeChannel, hash_address
from usagers.services.locks import lock_text
from usagers.services.pairs import COMPARED, compare_soon

# The note is free text about somebody's life: the journal says that it changed, never what it said.
_NEVER_TOLD = frozenset({"note"})
# The same words by the same author so soon are the same form, sent again.
JUST_MADE = dt.timedelta(minutes=10)
# How many files may share a phone before we stop looking (a hostel, a guardian).
_MAX_SHARED = 50


class FileMerged(DomainError):  # noqa: N818 - named like the other refusals (house.md, "Names")
    code = "file_merged"
    message = "Cette fiche vient d’être réunie avec une autre. Regardez la fiche gardée, puis recommencez."


class FileChanged(DomainError):  # noqa: N818
    code = "file_changed"
    message = "Quelqu’un a modifié cette fiche entre-temps. Rien n’est enregistré, et ce que vous avez écrit est gardé."


class UsagerFields(TypedDict, total=False):
    first_name: str
    last_name: str
    birth_name: str
    birth_date: dt.date | None
    phone: str  # E.164, or ""
    email: str
    address: str
    commune: Commune | None
    latitude: float | None
    longitude: float | None
    language: str
    needs_interpreter: bool
    needs_step_free: bool
    needs_sign_language: bool
    channel: str
    note: str


@transaction.atomic
def create_usager(*, departement: Departement, author: Author, now: datetime, **fields: Unpack[UsagerFields]) -> Usager:
    """A new file. Only the names are needed: agents create files without any contact detail."""
    usager = Usager(departement=departement, created_at=now, last_contact_at=now)
    before = _values(usager, fields)
    _fill(usager, fields)
    usager.save(force_insert=True)
    compare_soon(usager)
    _tell("usager.created", usager, before, author, now)
    return usager


@transaction.atomic
def create_usager_once(
    *, departement: Departement, author: Author, now: datetime, **fields: Unpack[UsagerFields]
) -> Usager:
    """The file that this very author just made from the same words ("Back", then Enter again), else a new one."""
    lock_text(LOCK_USAGER_CREATION, f"{departement.code}:{author.kind}:{author.id}")
    wanted = Usager(departement=departement)
    _fill(wanted, fields)
    said = _values(wanted, fields)
    recent = Usager.objects.of(departement).filter(last_contact_at__gt=now - JUST_MADE, created_at__gt=now - JUST_MADE)
    for found in recent.filter(last_name=wanted.last_name, first_name=wanted.first_name).order_by("pk"):
        if _values(found, fields) == said and _was_made_by(found, author):
            return found
    return create_usager(departement=departement, author=author, now=now, **fields)


def _was_made_by(usager: Usager, author: Author) -> bool:
    lines = Evenement.objects.about("usager", usager.pk).filter(kind="usager.created")
    return lines.filter(author_kind=author.kind, author_id=author.id).exists()


@transaction.atomic
def update_usager(
    *, usager: Usager, author: Author, now: datetime, seen: str | None = None, **fields: Unpack[UsagerFields]
) -> Usager:
    """Write these fields, and only them: what somebody else changed meanwhile in the others stays.

    Nothing is written, nor journalled, when nothing changes. The instance passed in is brought up to date.
    `seen`: the `seen_of` of the page, which shows every field; another one raises FileChanged. Raises FileMerged.
    """
    fresh = Usager.objects.select_for_update(of=("self",)).get(pk=usager.pk, departement=usager.departement_id)
    if fresh.merged_into_id is not None:
        raise FileMerged
    before, is_as_seen = _values(fresh, fields), seen is None or seen == seen_of(fresh)
    _fill(fresh, fields)
    changed = [name for name, value in before.items() if _value(fresh, name) != value]
    if changed and not is_as_seen:
        raise FileChanged
    if changed:
        if COMPARED & {*changed}:
            fresh.compared_at = None
            compare_soon(fresh)
        fresh.save(update_fields=[*changed, "search_key", "compared_at"])
        if {"phone", "email", "channel"} & {*changed}:
            _forward_messages(fresh, now)
        _tell("usager.updated", fresh, {name: before[name] for name in changed}, author, now)
    for name in fields:
        setattr(usager, name, getattr(fresh, name))
    usager.search_key = fresh.search_key
    return fresh


def seen_of(usager: Usager) -> str:
    """What a screen shows of a file, in a few signs: the same as long as nobody changes it."""
    values = _values(usager, UsagerFields.__annotations__)
    return hashlib.sha256(repr(sorted(values.items())).encode()).hexdigest()[:16]


@transaction.atomic
def find_or_create_verified(
    *,
    departement: Departement,
    channel: CodeChannel,
    address: str,
    first_name: str,
    last_name: str,
    author: Author,
    now: datetime,
    birth_date: dt.date | None = None,
    **fields: Unpack["OtherFields"],
) -> Usager:
    """The file of somebody who proved that they read `address`: their own if there is one, else a new one.

    Never the phone alone: couples share it. The names must be the same too (accents, hyphens and order apart), and the
    birth dates must not contradict each other. A file found keeps what it says; only its blanks are filled in.
    """
    # A double submit waits here, then finds the file of the first one.
    lock_text(LOCK_USAGER_CREATION, f"{departement.code}:{hash_address(channel, address)}")
    said = {"first_name": first_name, "last_name": last_name, "birth_date": birth_date, **fields}
    person = cast("UsagerFields", {**said, **_reached_by(channel, address)})
    known = Usager.objects.of(departement).filter(**_reached_by(channel, address))
    found = _same_person(known, first_name, last_name, birth_date)
    if found is None:
        return create_usager(departement=departement, author=author, now=now, **person)
    note_contact(usager_ids=[found.pk], now=now)
    return update_usager(usager=found, author=author, now=now, **_blanks_of(found, person))


class OtherFields(TypedDict, total=False):
    """What a person may say of themselves beside their identity. The verified address has its own arguments."""

    phone: str
    email: str
    language: str
    needs_interpreter: bool
    needs_step_free: bool
    needs_sign_language: bool


def current_file(usager: Usager) -> Usager:
    """The file that says everything about this person today: itself, unless it was made one with another."""
    while usager.merged_into_id is not None:
        usager = Usager.objects.select_related("departement").get(pk=usager.merged_into_id)
    return usager


def lock_files(ids: Iterable[int]) -> dict[int, int | None]:
    """Each file, in id order, with the one it was made one with; held to the end of the transaction."""
    rows = Usager.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=list(ids)).order_by("pk")
    return dict(rows.values_list("pk", "merged_into_id"))


def note_contact(*, usager_ids: Iterable[int], now: datetime) -> None:
    """These people were in contact with us: their files are kept two more years. Never goes backward."""
    Usager.objects.filter(pk__in=list(usager_ids), last_contact_at__lt=now).update(last_contact_at=now)


def contact_noted(*, usager_ids: Iterable[int], now: datetime) -> Also:
    """`note_contact`, for the statement that writes what brought them (rdv.core.together)."""
    change = "UPDATE usagers_usager SET last_contact_at = %s WHERE id = ANY(%s) AND last_contact_at < %s"
    return Also(change, [now, list(usager_ids), now])


def recipient_of(usager: Usager) -> str:
    """This person, as the post office knows them."""
    return f"usager:{usager.pk}"


def addresses_of(usager: Usager) -> tuple[str, str]:
    """Phone that gets SMS, mailbox: those that the person allows, "" for the others."""
    phone = str(usager.phone or "") if _allows(usager, Channel.SMS) else ""
    mailbox = usager.email if _allows(usager, Channel.EMAIL) else ""
    return (phone if _gets_sms(phone) else ""), mailbox


def _allows(usager: Usager, channel: Channel) -> bool:
    return usager.channel in (channel, Channel.BOTH)


def _gets_sms(phone: str) -> bool:
    try:
        return bool(phone) and read_phone(phone).gets_sms
    except PhoneProblem:
        return False


def _forward_messages(usager: Usager, now: datetime) -> None:
    """What waits to be sent follows the person to their new number or mailbox, by the channels that they allow."""
    notifications.change_addresses(Addressee(recipient_of(usager), *addresses_of(usager)), now=now)


def _reached_by(channel: CodeChannel, address: str) -> dict[str, str]:
    return {"phone": address.strip()} if channel == "sms" else {"email": address.strip().lower()}


def _same_person(known: UsagerQuerySet, first_name: str, last_name: str, birth_date: dt.date | None) -> Usager | None:
    """The one file that is this person's; None when there is none, or when two could be (father and son, one name)."""
    named = [
        usager
        for usager in known.last_seen_first()[:_MAX_SHARED]
        if is_same_name(usager, first_name, last_name) and is_compatible(usager.birth_date, birth_date)
    ]
    exact = [usager for usager in named if usager.birth_date == birth_date]
    if exact:
        return exact[0]
    return named[0] if len(named) == 1 else None


def is_same_name(usager: Usager, first_name: str, last_name: str) -> bool:
    """Under the name used or the name of birth; accents, hyphens, case and the order of the names do not count."""
    asked = _name_words(first_name, last_name)
    return asked in (
        _name_words(usager.first_name, usager.last_name),
        _name_words(usager.first_name, usager.birth_name),
    )


def is_compatible(known: dt.date | None, said: dt.date | None) -> bool:
    return known is None or said is None or known == said


def _name_words(first_name: str, last_name: str) -> list[str]:
    return sorted(search_key(f"{first_name} {last_name}").split())


def _blanks_of(usager: Usager, person: UsagerFields) -> UsagerFields:
    """What the person said and the file did not know. Needs are added, never taken away by a box left unticked."""
    said: dict[str, Any] = {**person}
    blanks = {name: value for name, value in said.items() if value and not getattr(usager, name)}
    if said.get("language"):
        blanks["language"] = said["language"]
    return cast("UsagerFields", blanks)


def _fill(usager: Usager, fields: UsagerFields) -> None:
    for name, value in fields.items():
        setattr(usager, name, _tidied(name, value))


def _tidied(name: str, value: object) -> object:
    if not isinstance(value, str):
        return value if value is not None or name in ("birth_date", "commune", "latitude", "longitude") else ""
    if name == "note":
        return value.strip()
    tidy = " ".join(value.split())
    return tidy.lower() if name == "email" else tidy


def _values(usager: Usager, fields: Mapping[str, object]) -> dict[str, Any]:
    return {name: _value(usager, name) for name in fields}


def _value(usager: Usager, name: str) -> Any:
    """Plain and comparable: a phone as text, a commune as its code."""
    if name == "commune":
        return usager.commune_id
    value = getattr(usager, name)
    return str(value or "") if name == "phone" else value


def _tell(kind: str, usager: Usager, before: Mapping[str, Any], author: Author, now: datetime) -> None:
    subject, code = ("usager", usager.pk), usager.departement_id
    changed = sorted(name for name, value in before.items() if _value(usager, name) != value)
    journal.write(kind, subject=subject, departement_code=code, author=author, now=now, data={"fields": changed})
    values = {name: [before[name], _value(usager, name)] for name in changed if name not in _NEVER_TOLD}
    if kind == "usager.updated" and values:
        journal.write_read("usager.values", subject=subject, departement_code=code, author=author, now=now, data=values)
