"""Two files of one person: compared field by field, made one, parted again. What hangs on them above is not known here.

Room: services. Called by rdv/services/merging, which owns the transaction and moves the Rdv, the waits and the words.

    kept    says everything from now on: the values chosen, the proches, the référents
    other   keeps its row as it was, marked `merged_into`; the journal goes on speaking of it under its own id
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from rdv.core.clock import local_date
from rdv.core.errors import DomainError
from rdv.core.journal import Author
from rdv.core.text import search_key
from rdv.core.trail import Tables, Trail
from usagers.models import Channel, Doublon, Fusion, Proche, Referent, Usager, name_key

Side = Literal["kept", "other", "both"]
NAMES = ("last_name", "first_name", "birth_name")
NEEDS = ("needs_interpreter", "needs_step_free", "needs_sign_language")
# As on the screen. An address goes with its commune and its place on the map.
FIELDS = (*NAMES, "birth_date", "phone", "email", "address", "language", "channel", *NEEDS, "note")
_ADDRESS = ("address", "commune_id", "latitude", "longitude")
# What a file says when nobody asked: anything else was chosen.
_DEFAULTS = {"language": "fr", "channel": Channel.BOTH.value}
_LINK = ("responsable_id", "person_id", "kind", "has_authority", "gets_messages", "starts_on", "ends_on")


class MergeRefused(DomainError):  # noqa: N818 - named like the other refusals (house.md, "Names")
    code = "merge_refused"
    message = "Ces deux fiches ne peuvent pas être réunies."


class AlreadyMerged(MergeRefused):
    code = "already_merged"
    message = "Une de ces fiches vient d’être réunie avec une autre. Regardez-la avant de continuer."


class UndoRefused(DomainError):  # noqa: N818 - same family of names
    code = "undo_refused"
    message = "Cette réunion ne peut plus être défaite."


@dataclass(frozen=True, slots=True)
class Line:
    """One field of the two files. `preset`: the sure choice, "" when only a person can say."""

    name: str
    kept: Any
    other: Any
    preset: Side | Literal[""]

    @property
    def is_same(self) -> bool:
        return bool(self.kept == self.other)


def tables() -> Tables:
    """What this app changes in a merge, under the names that trails keep."""
    return {"usager": Usager.objects.all(), "proche": Proche.objects.all(), "referent": Referent.objects.all()}


def compare(kept: Usager, other: Usager) -> list[Line]:
    return [_line(name, _read(kept, name), _read(other, name)) for name in FIELDS]


def fingerprint(kept: Usager, other: Usager) -> str:
    """What a screen showed of both: a choice made on other values is asked again."""
    shown = [(line.name, str(line.kept), str(line.other)) for line in compare(kept, other)]
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


def lock_files(first: Usager, second: Usager) -> tuple[Usager, Usager]:
    """Both rows, in id order, until the end of the transaction: nothing is booked for them meanwhile."""
    rows = Usager.objects.select_for_update(of=("self",)).select_related("departement", "commune")
    found = {one.pk: one for one in rows.filter(pk__in=[first.pk, second.pk]).order_by("pk")}
    return found[first.pk], found[second.pk]


def require_mergeable(kept: Usager, other: Usager, now: datetime) -> None:
    """Under lock. Raises MergeRefused with the sentence for the agent."""
    if kept.pk == other.pk or kept.departement_id != other.departement_id:
        raise MergeRefused
    if kept.erased_at or other.erased_at:
        raise MergeRefused("Une de ces fiches a été effacée.")
    if kept.merged_into_id or other.merged_into_id:
        raise AlreadyMerged
    if link := link_between(kept, other, now):
        raise MergeRefused(
            f"{link.responsable.full_name} est responsable de {link.person.full_name} : ce sont deux personnes. "
            "Si c’est une erreur, terminez d’abord ce lien."
        )


def link_between(kept: Usager, other: Usager, now: datetime) -> Proche | None:
    """One answers for the other today: they are two people."""
    pair = [kept.pk, other.pk]
    links = Proche.objects.current(local_date(now, kept.departement.zone)).filter(responsable__in=pair, person__in=pair)
    return links.select_related("responsable", "person").first()


def merge_rows(kept: Usager, other: Usager, choices: Mapping[str, str], *, trail: Trail) -> list[str]:
    """The proches, the référents, the values; then `other` steps aside. Returns the fields of `kept` that changed."""
    _move_proches(kept, other, trail)
    _move_referents(kept, other, trail)
    chosen = _chosen(kept, other, choices)
    changed = [name for name in chosen if chosen[name] != _column(kept, name)]
    if changed:
        chosen["search_key"] = name_key(chosen["last_name"], chosen["first_name"], chosen["birth_name"])
        chosen["compared_at"] = None
    chosen["last_contact_at"] = max(kept.last_contact_at, other.last_contact_at)
    trail.change("usager", kept.pk, {name: _column(kept, name) for name in chosen}, **chosen)
    trail.change("usager", other.pk, {"merged_into_id": None}, merged_into_id=kept.pk)
    return changed


def write_fusion(kept: Usager, other: Usager, *, trail: Trail, author: Author, now: datetime) -> Fusion:
    return Fusion.objects.create(
        departement_id=kept.departement_id,
        kept=kept,
        merged=other,
        at=now,
        by_id=author.id,
        by_label=author.label,
        changes=trail.as_json(),
    )


def require_undoable(fusion: Fusion, kept: Usager, other: Usager, now: datetime) -> None:
    """Under lock. Raises UndoRefused."""
    if not fusion.can_be_undone(now):
        raise UndoRefused("Une réunion se défait pendant 30 jours : c’est passé.")
    if kept.erased_at or other.erased_at:
        raise UndoRefused("La fiche a été effacée depuis.")
    if kept.merged_into_id is not None:
        raise UndoRefused("La fiche gardée a été réunie depuis avec une autre. Défaites d’abord cette réunion-là.")
    if Fusion.objects.live().filter(kept=kept, at__gt=fusion.at).exists():
        raise UndoRefused(
            "Une autre fiche a été réunie avec celle-ci depuis. Défaites d’abord la réunion la plus récente."
        )


def close_fusion(fusion: Fusion, *, now: datetime) -> None:
    fusion.undone_at, fusion.changes = now, []
    fusion.save(update_fields=["undone_at", "changes"])


def forget_fusions(*, now: datetime) -> int:
    """What can no longer be undone needs not be remembered: the trail holds names and numbers."""
    return Fusion.objects.past_undoing(now).update(changes=[])


def forget_person(usager: Usager) -> None:
    """The file is being emptied: nothing of it stays in what was moved, nor in the pairs."""
    Fusion.objects.filter(kept=usager).update(changes=[])
    Fusion.objects.filter(merged=usager).update(changes=[])
    Doublon.objects.of_files([usager.pk]).delete()


# --- Values


def _line(name: str, kept: Any, other: Any) -> Line:
    return Line(name, kept, other, _preset(name, kept, other))


def _preset(name: str, kept: Any, other: Any) -> Side | Literal[""]:
    if kept == other or not other:
        return "kept"
    if not kept:
        return "other"
    if name == "note":
        return "both"
    if name in _DEFAULTS and _DEFAULTS[name] in (kept, other):
        return "kept" if other == _DEFAULTS[name] else "other"
    if name in NAMES and search_key(kept) == search_key(other):
        return "kept" if _written_with_care(kept) >= _written_with_care(other) else "other"
    return ""


def _written_with_care(name: str) -> tuple[bool, int]:
    """ "Zoë" before "Zoe", both before "ZOE"."""
    return not name.isupper(), sum(not letter.isascii() for letter in name)


def _chosen(kept: Usager, other: Usager, choices: Mapping[str, str]) -> dict[str, Any]:
    """Every column of FIELDS, as it will be. Raises MergeRefused while a choice is missing."""
    values: dict[str, Any] = {}
    for line in compare(kept, other):
        side = choices.get(line.name) or line.preset
        if side not in ("kept", "other", "both") or (side == "both" and line.name != "note"):
            raise MergeRefused("Il reste un choix à faire entre les deux fiches.")
        columns = _ADDRESS if line.name == "address" else (line.name,)
        source = other if side == "other" else kept
        values |= {name: _column(source, name) for name in columns}
    if (choices.get("note") or _preset("note", kept.note, other.note)) == "both":
        values["note"] = "\n\n".join(dict.fromkeys(note for note in (kept.note, other.note) if note))
    return values


def _read(usager: Usager, name: str) -> Any:
    if name == "address":
        commune = usager.commune.name if usager.commune else ""
        is_said = search_key(commune) in search_key(usager.address)
        return usager.address if is_said else ", ".join(part for part in (usager.address, commune) if part)
    return _column(usager, name)


def _column(usager: Usager, name: str) -> Any:
    value = getattr(usager, name)
    return str(value or "") if name == "phone" else value


# --- Links


def _move_proches(kept: Usager, other: Usager, trail: Trail) -> None:
    """A link that `kept` has already takes what the other one adds; a link between the two stays where it is."""
    for side, far in (("responsable_id", "person_id"), ("person_id", "responsable_id")):
        own = {row[far]: row for row in _proches(side, kept)}
        for row in _proches(side, other):
            if row[far] == kept.pk:
                continue
            if (known := own.get(row[far])) is None:
                trail.change("proche", row["id"], row, **{side: kept.pk})
            else:
                trail.change("proche", known["id"], known, **_widest(known, row), **_both_may(known, row))


def _proches(side: str, usager: Usager) -> list[dict[str, Any]]:
    rows = Proche.objects.filter(**{side: usager.pk}).select_for_update(of=("self",), no_key=True)
    return list(rows.order_by("pk").values("id", *_LINK))


def _both_may(known: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    return {name: known[name] or more[name] for name in ("has_authority", "gets_messages")}


def _move_referents(kept: Usager, other: Usager, trail: Trail) -> None:
    own = {row["agent_id"]: row for row in _referents(kept)}
    for row in _referents(other):
        if (known := own.get(row["agent_id"])) is None:
            trail.change("referent", row["id"], row, usager_id=kept.pk)
        else:
            trail.change("referent", known["id"], known, **_widest(known, row))


def _referents(usager: Usager) -> Iterable[Mapping[str, Any]]:
    rows = Referent.objects.filter(usager=usager).select_for_update(of=("self",), no_key=True).order_by("pk")
    return list(rows.values("id", "usager_id", "agent_id", "starts_on", "ends_on"))


def _widest(known: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, date | None]:
    """From the first day of either to the last day of either; an open end wins."""
    ends = (known["ends_on"], more["ends_on"])
    return {
        "starts_on": min(known["starts_on"], more["starts_on"]),
        "ends_on": None if None in ends else max(ends),
    }
