"""The page of a series, as its tests drive it: what it shows, what it posts, what may stand in the way of a date."""

import datetime as dt
import re
import uuid

from django.urls import reverse

from agents.models import Fermeture
from notifications.models import Message
from rdv.core.journal import Author
from rdv.models import Absence, Occupation
from tests.factories import make_ouverture, make_rdv, make_usager

WEEK = dt.timedelta(weeks=1)
AUTHOR = Author("agent", 1, "Isabelle Fontaine", "secretaire")


def every_tuesday(desk):
    """Claire receives every Tuesday morning from 5 January 2027; Samira comes on the 5th at 9:00 (8:00 UTC)."""
    for week in range(1, 40):
        start = desk.nine + week * WEEK
        make_ouverture(desk.claire, [desk.motif], start, start + dt.timedelta(hours=3), site=desk.canal)
    return make_rdv(desk.motif, desk.canal, [desk.claire], desk.nine, usagers=[desk.samira])


def url(rdv):
    return reverse("rdv:rdv_series", args=[rdv.uuid])


def page(desk, rdv, **data):
    return desk.client.get(url(rdv), {"tous": 1, "unite": "semaines", "fois": 4} | data)


def lines(response):
    """Each date of the page: its day, whether it is ticked, the hours that it may take."""
    rows = re.findall(r"<tr>(.*?)</tr>", response.content.decode().partition("<tbody>")[2], re.DOTALL)
    found = {}
    for row in rows:
        day = re.search(r'name="garder" value="([^"]+)"( checked)?', row)
        values = re.findall(r'<option value="([^"]+)"', row) or re.findall(r'name="heure-[^"]+" value="([^"]+)"', row)
        found[day[1] if day else f"-{len(found)}"] = (bool(day and day[2]), values, row)
    return found


def form_of(response, **more):
    """What the page would post as it came."""
    shown = lines(response)
    kept = {day: values[0] for day, (is_kept, values, _) in shown.items() if is_kept}
    data = {"tous": 1, "unite": "semaines", "fois": len(shown), "cle": str(uuid.uuid4()), "garder": list(kept)}
    return data | {f"heure-{day}": value for day, value in kept.items()} | more


def take(desk, rdv, **data):
    return desk.client.post(url(rdv), form_of(page(desk, rdv, **data)))


def messages(kind):
    return Message.objects.filter(kind=kind).order_by("channel")


# --- What stands in the way


def somebody_has(desk, start):
    make_rdv(desk.motif, desk.canal, [desk.claire], start, usagers=[make_usager(desk.departement)])


def away(desk, start):
    absence = Absence.objects.create(
        departement=desk.departement, agent=desk.claire, first_day=start.date(), last_day=start.date(),
        starts_time=dt.time(9), ends_time=dt.time(10),
    )  # fmt: skip
    Occupation.objects.create(
        departement=desk.departement, agent=desk.claire, kind="absence", absence=absence,
        starts_at=start, ends_at=start + dt.timedelta(hours=1),
    )  # fmt: skip


def closed(desk, start):
    Fermeture.objects.create(
        departement=desk.departement, site=desk.canal, starts_on=start.date(), ends_on=start.date(), label="Travaux"
    )


def not_open(desk, start):
    desk.claire.ouvertures.filter(starts_at=start).update(starts_at=start + dt.timedelta(hours=1))


def busy(desk, start):
    paul = make_rdv(desk.motif, desk.tilleuls, [desk.paul], start)
    paul.participations.create(
        departement=desk.departement, usager=desk.samira, starts_at=paul.starts_at, ends_at=paul.ends_at,
        origin="web", created_at=desk.nine, created_by_kind="usager", link_hash="x",
    )  # fmt: skip
