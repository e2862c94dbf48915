"""The form of the wishes, for each page that shows it: what it may name depends on who asks.

somebody unknown (join)      places and kilometres from the commune, languages, motifs that the administrator allows
the link of one's Rdv        the same, and "the same person", "my référent"
the link of one's place      the same, as they were said
"""

from collections.abc import Sequence
from datetime import datetime

from django.http import QueryDict
from django.utils.translation import gettext as _

from agents.models import Agent, Site
from rdv.core.clock import local_date
from rdv.core.languages import in_order
from rdv.domain.travel import Point
from rdv.forms.public_start import Around
from rdv.forms.wait import Offered, WishesForm, first_of, initial_of
from rdv.forms.wait_places import Places
from rdv.models import Inscription, Motif, Participation
from rdv.services import public_reading, public_waiting
from rdv.services.public_times import nearest_first
from rdv.services.visits import site_point
from rdv.services.waitlist_desk import languages_spoken
from rdv.services.waitlist_wishes import Centre, Wishes, centre_of
from rdv.views.public import words
from usagers.models import Usager


def join_form(
    data: QueryDict | None,
    *,
    motif: Motif,
    places: Places,
    now: datetime,
    is_for_session: bool,
    before: QueryDict | None = None,
    kept_languages: Sequence[str] = (),
) -> WishesForm:
    """Empty, as it was typed before, or as it is sent. `kept_languages`: asked for when somebody here spoke them."""
    spoken = in_order([*languages_spoken(motif, now=now), *kept_languages])
    form = WishesForm(
        data,
        motif=motif,
        places=places,
        offered=Offered(languages=spoken, motifs=public_waiting.motifs_alike(motif)),
        today=local_date(now, motif.departement.zone),
        is_for_session=is_for_session,
    )
    first = first_of(Wishes(), motif) | {"where": places.first_choice}
    form.initial = form.typed_before(before) if before else first
    return form


def join_places(sites: Sequence[Site], *, here: str, around: Around | None) -> Places:
    """From the commune that was typed, else from the place that was looked at."""
    chosen = next((site for site in sites if site.slug == here), None)
    start, name = (around.point, around.name) if around else (None, "")
    if start is None and chosen is not None:
        start, name = site_point(chosen), chosen.name
    return Places(sites=nearest_first(sites, start), here=chosen, start=start, start_name=name)


def earlier_form(data: QueryDict | None, participation: Participation, now: datetime) -> WishesForm:
    """Something earlier than this Rdv: the same place, unless more are chosen."""
    rdv, usager, motif = participation.rdv, participation.usager, participation.rdv.motif
    places = _places_of(usager, motif, rdv.site)
    agents = public_reading.agents_of(rdv)
    alone = agents[0] if len(agents) == 1 and agents[0].is_active else None
    form = WishesForm(
        data,
        motif=motif,
        places=places,
        offered=_offered(usager, motif, alone, now, languages=languages_spoken(motif, now=now)),
        today=local_date(now, motif.departement.zone),
        has_end=False,
    )
    form.initial = first_of(Wishes(), motif) | {"where": places.first_choice}
    return form


def change_form(data: QueryDict | None, inscription: Inscription, wishes: Wishes, now: datetime) -> WishesForm:
    """Wishes of somebody on the list, as they are."""
    motif, usager = inscription.motif, inscription.usager
    named = wishes.agent or public_waiting.last_seen_with(usager, inscription.responsable, motif, now=now)
    here = wishes.sites[0] if len(wishes.sites) == 1 else None
    places = _places_of(usager, motif, here, inscription)
    spoken = in_order([*languages_spoken(motif, now=now), inscription.language])
    return WishesForm(
        data,
        motif=motif,
        places=places,
        offered=_offered(usager, motif, named, now, languages=spoken, is_followed=wishes.referent_only),
        today=local_date(now, motif.departement.zone),
        is_for_session=inscription.atelier_id is not None,
        has_end=inscription.participation_id is None,
        initial=initial_of(wishes, places, motif),
    )


def _offered(
    usager: Usager,
    motif: Motif,
    agent: Agent | None,
    now: datetime,
    *,
    languages: Sequence[str],
    is_followed: bool = False,
) -> Offered:
    """A discreet motif names nobody and nothing else on the page of a link. Follow-up is with the référent anyhow."""
    is_discreet = words.is_discreet(motif)
    alike = [] if is_discreet else public_waiting.motifs_alike(motif)
    has_choice = not motif.is_follow_up and not motif.is_collective
    return Offered(
        languages=languages,
        motifs=[one for one in alike if not words.is_discreet(one)],
        agent=agent if has_choice else None,
        agent_words=_same_person(agent, is_discreet=is_discreet) if agent else "",
        has_referent=has_choice and (is_followed or public_waiting.has_referent(usager, motif, now=now)),
    )


def _same_person(agent: Agent, *, is_discreet: bool) -> str:
    if is_discreet or not agent.shows_name:
        return _("Avec la même personne")
    return words.capital(words.with_whom([agent]))


def _places_of(usager: Usager, motif: Motif, site: Site | None, inscription: Inscription | None = None) -> Places:
    """Kilometres from what was said when joining, else from home, else from the place of the Rdv or of the wish."""
    sites = public_reading.sites_offering(motif)
    here = site if site in sites else None
    kept_km = inscription.radius_km if inscription else None
    start, name = _start_of(usager, here, centre_of(inscription) if inscription else None)
    return Places(sites=nearest_first(sites, start), here=here, start=start, start_name=name, kept_km=kept_km)


def _start_of(usager: Usager, here: Site | None, centre: Centre | None) -> tuple[Point | None, str]:
    """ "": the home of the file."""
    if centre is not None:
        return centre.point, centre.name
    if usager.latitude is not None and usager.longitude is not None:
        return Point(usager.latitude, usager.longitude), ""
    return (site_point(here), here.name) if here else (None, "")
