"""What a series says: one message for all its dates, taken or given up. Reminders stay one for each Rdv (notices).

Room: services. Called by series, and by cancelling when one of them is put back. A discreet motif says "rendez-vous"
and the place, a silent one says nothing (rdv/services/texts.Facts).

    taken      at once, about the first of them
    given up   after 2 minutes of grace, about the first of them; one put back meanwhile is taken out of it
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from notifications import services as post_office
from rdv.core.journal import Author
from rdv.domain import french
from rdv.domain.series import ordinal
from rdv.domain.statuses import CANCELLED, Status
from rdv.models import Participation, Rdv
from rdv.services import notices
from rdv.services.calendars import calendar_of_many
from rdv.services.news import Said
from rdv.services.proposition_notices import say
from rdv.services.texts import Facts, facts_of

TAKEN, GIVEN_UP = "serie.booked", "serie.cancelled"
NBSP = french.NBSP
SEE = "Voir, déplacer ou annuler mes rendez-vous"


def taken(participations: Sequence[Participation], *, now: datetime) -> None:
    """All the dates that were just taken, in order of time."""
    first, facts = participations[0], facts_of(participations[0])
    days, link = _locals(participations), _mine(first)
    place = f"{facts.elsewhere} ({facts.site_name})" if facts.elsewhere else facts.site_name
    label = f"{facts.label}, " if facts.label else ""
    tail = f"Voir ou annuler : {link} Tél. {facts.phone}"
    count = _counted(len(days))
    said = Said(
        TAKEN,
        f"Vos {len(days)} rendez-vous sont notés" if len(days) > 1 else "Votre rendez-vous est noté",
        tuple(filter(None, (
            "Voici toutes les dates. Gardez ce message : un rappel vous sera envoyé avant chacune.",
            facts.instructions,
        ))),
        (f"{count} : {label}{_dates(days)}, {place}. {tail}", f"{count} : {_dates(days)}, {place}. {tail}"),
        SEE,
        link,
        rows=[*_rows(days), *_about(facts, place)],
        calendar=calendar_of_many(participations, now=now),
    )  # fmt: skip
    say(
        first,
        said,
        about=notices.subject_of(first),
        now=now,
        sms_at=now,
        until=participations[-1].rdv.starts_at,
        is_urgent=False,
    )


def given_up(
    participations: Sequence[Participation], *, by_service: bool, now: datetime, at: datetime | None = None
) -> None:
    """All the dates that were just given up. `at`: when the first word of it was to leave, if that was earlier."""
    first = participations[0]
    facts, days, link = facts_of(first), _locals(participations), _mine(first)
    many = len(days) > 1
    who = " par le service" if by_service else ""
    leaves = at or (now + notices.GRACE if first.rdv.starts_at > now + 2 * notices.GRACE else now)
    said = Said(
        GIVEN_UP,
        f"{len(days)} rendez-vous annulés" if many else "Rendez-vous annulé",
        (
            ("Le service a dû annuler" if by_service else "Nous avons bien annulé")
            + (" les rendez-vous de ces dates." if many else " le rendez-vous de cette date."),
            "Vos autres rendez-vous ne changent pas.",
        ),
        (f"{_counted(len(days))} annulé{'s' if many else ''}{who} : {_dates(days)}, {facts.site_name}. "
         f"Vos rendez-vous : {link} Tél. {facts.phone}",),
        "Voir mes rendez-vous",
        link,
        rows=[*_rows(days), *_about(facts, facts.site_name)],
        calendar=calendar_of_many(participations, now=now),
    )  # fmt: skip
    say(
        first,
        said,
        about=notices.subject_of(first),
        now=now,
        sms_at=leaves,
        email_at=leaves,
        until=participations[-1].rdv.starts_at,
        version=post_office.instant_version(now),
        is_urgent=False,
    )


def restored(participation: Participation, *, given_up_at: datetime, now: datetime) -> None:
    """One of those given up together is put back: taken out of the message if it has not left, else told."""
    rest = _given_up_together(participation, given_up_at)
    first = min([participation, *rest], key=lambda one: (one.rdv.starts_at, one.pk))
    subject = notices.subject_of(first)
    if post_office.make_obsolete(subject, now=now, kinds=[GIVEN_UP]):
        if rest:
            by_service = rest[0].status == Status.REVOKED.value
            given_up(rest, by_service=by_service, now=now, at=max(now, given_up_at + notices.GRACE))
    elif post_office.has_left(subject, kind=GIVEN_UP):
        notices.maintained(participation, now=now)


def _given_up_together(participation: Participation, given_up_at: datetime) -> list[Participation]:
    same = Participation.objects.filter(
        rdv__serie=participation.rdv.serie_id, status__in=[one.value for one in CANCELLED], status_at=given_up_at
    )
    whole = same.exclude(pk=participation.pk).select_related(
        "usager", "responsable", "rdv__motif__departement", "rdv__site"
    )
    return list(whole.prefetch_related("rdv__agents").order_by("starts_at", "id"))


def agents_told(rdvs: Sequence[Rdv], *, kind: str, author: Author, now: datetime) -> None:
    """One word to whoever receives several of them: about the first, with the dates of all."""
    by_agents: dict[frozenset[int], list[Rdv]] = defaultdict(list)
    for rdv in rdvs:
        by_agents[frozenset(agent.pk for agent in rdv.agents.all())].append(rdv)
    for same in by_agents.values():
        zone = same[0].motif.departement.zone
        dates = _dates([one.starts_at.astimezone(zone) for one in same])
        more = f"Série de {len(same)} rendez-vous : {dates}" if len(same) > 1 else ""
        notices.agent_told(same[0], kind=kind, author=author, now=now, more=more)


# --- Words


def _locals(participations: Sequence[Participation]) -> list[datetime]:
    zone = participations[0].rdv.motif.departement.zone
    return [one.rdv.starts_at.astimezone(zone) for one in participations]


def _counted(count: int) -> str:
    return f"{count} RDV"


def _dates(days: Sequence[datetime]) -> str:
    """à 14h : mar. 12 janv., mar. 26 janv. ; each with its own hour when they differ."""
    if len({(day.hour, day.minute) for day in days}) == 1:
        return f"à {_hour(days[0])}, " + ", ".join(french.short_day(day) for day in days)
    return ", ".join(f"{french.short_day(day)} à {_hour(day)}" for day in days)


def _hour(local: datetime) -> str:
    return french.hour(local).replace(NBSP, "")


def _rows(days: Sequence[datetime]) -> list[tuple[str, str]]:
    return [
        (ordinal(number), f"{french.day_year(day)} à {french.hour(day)}") for number, day in enumerate(days, start=1)
    ]


def _about(facts: Facts, place: str) -> list[tuple[str, str]]:
    where = f"{place}, {facts.address}" if facts.address else place
    return [
        ("Pour quoi", facts.label),
        ("Pour qui", facts.for_whom),
        ("Où", where),
        ("Avec", facts.with_whom),
        ("À apporter", french.joined(facts.documents)),
        ("Pour venir", " ; ".join(facts.how_to_come)),
    ]


def _mine(participation: Participation) -> str:
    """Where the person finds all their Rdv, after a code: the link of one Rdv would not show the others."""
    base: str = settings.BASE_URL
    slug = participation.rdv.motif.departement.slug
    return base.rstrip("/") + reverse("rdv:public_mine", args=[slug])
