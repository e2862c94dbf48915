"""Small words of the public pages, where a template tag would say too little. Pure."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from agents.models import Agent, Site
from rdv.domain.french import NBSP, joined
from rdv.models import Modality, Motif, NoticeLevel
from rdv.templatetags.typography import insecables

# The end of a French noun of trade tells its gender; others take both articles ("un ou une psychologue").
_FEMININE = ("trice", "euse", "ère", "ienne", "ante", "ente", "femme", "ive", "ée")
_MASCULINE = ("teur", "eur", "er", "ien", "ant", "ent", "ecin", "if", "é", "cien")


def distance(km: float | None) -> str:
    """à 4 km, à moins d’1 km; nothing when unknown."""
    if km is None:
        return ""
    rounded = round(km)
    return _("à moins d’1\u00a0km") if rounded < 1 else f"à {rounded}{NBSP}km"


def with_article(trade: str) -> str:
    """une puéricultrice, un médecin, un ou une psychologue."""
    noun = trade.split(maxsplit=1)[0].lower() if trade.split() else ""
    if noun.endswith(_FEMININE):
        return f"une {trade}"
    if noun.endswith(_MASCULINE):
        return f"un {trade}"
    return f"un ou une {trade}"


def with_whom(agents: Sequence[Agent]) -> str:
    """avec Claire Vasseur, puéricultrice; avec une sage-femme et un médecin."""
    if not agents:
        return ""
    return _("avec %(people)s") % {"people": joined([_said(agent) for agent in agents])}


def _said(agent: Agent) -> str:
    if not agent.shows_name:
        return with_article(agent.profession) if agent.profession else _("un professionnel")
    return f"{agent.full_name}, {agent.profession}" if agent.profession else agent.full_name


def who_is_told(agents: Sequence[Agent]) -> str:
    """Whom we tell that somebody is late: the trade when there is one person with one."""
    if len(agents) == 1 and agents[0].profession:
        return _("Nous prévenons %(person)s") % {"person": _said_shortly(agents[0])}
    return _("Nous prévenons les personnes qui vous attendent")


def _said_shortly(agent: Agent) -> str:
    return agent.full_name if agent.shows_name else with_article(agent.profession)


def is_discreet(motif: Motif) -> bool:
    """Outside the page where it is chosen, such a motif says only « rendez-vous » and the place."""
    return motif.notice_level != NoticeLevel.NORMAL


def label_of(motif: Motif) -> str:
    """What the ticket says."""
    return capital(motif.spoken_label)


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def place_title(motif: Motif, site: Site) -> str:
    """Where it happens, in a few words."""
    by_modality = {
        Modality.HOME: _("À votre domicile"),
        Modality.PHONE: _("Par téléphone\u00a0: %(site)s vous appelle") % {"site": site.name},
        Modality.VISIO: _("En visio, avec %(site)s") % {"site": site.name},
    }
    return by_modality.get(Modality(motif.modality), site.name)


def place_lines(motif: Motif, site: Site, address: str = "") -> list[str]:
    """The lines under it. The address of a visit is the person's own: only pages that know who reads show it."""
    if motif.modality == Modality.HOME:
        lines = [address] if address else []
        return [*lines, _("Visite d’un professionnel de %(site)s") % {"site": site.name}]
    if motif.modality != Modality.PUBLIC_OFFICE:
        return []
    street = f"{site.address}, {site.postcode}{NBSP}{site.city}"
    return [insecables(line) for line in (street, site.access_notes) if line]


def map_url(motif: Motif, site: Site) -> str:
    """A public map, for a place where one goes. It learns where the MDS is, nothing of the person."""
    if motif.modality != Modality.PUBLIC_OFFICE or site.latitude is None or site.longitude is None:
        return ""
    at = f"{site.latitude}/{site.longitude}"
    return f"https://www.openstreetmap.org/?mlat={site.latitude}&mlon={site.longitude}#map=17/{at}"
