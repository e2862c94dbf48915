"""A list asks the database as much for twelve rows as for one."""

import re
from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.models import Fermeture
from rdv.core.journal import SYSTEM
from rdv.models import AppelKind
from rdv.services.calls import open_appel
from rdv.services.console_motifs import SHOWN
from rdv.services.waitlist_join import Wish, Wishes, join
from tests.factories import (
    make_agent,
    make_departement,
    make_motif,
    make_ouverture,
    make_participation,
    make_rdv,
    make_site,
    make_usager,
)
from tests.html.reading import text_of, tree_of
from tests.rights.doors import OK, read
from tests.rights.table import PAGES
from tests.rights.world import DAY, MINUTE, NAME, at, sandbox
from tests.rights.world_absent import whole
from usagers.models import Proche, Referent

pytestmark = pytest.mark.django_db
MANY = 12
TITLES = {ask.title: ask for ask in PAGES}


def _person(house, n):
    return make_usager(house.departement, first_name=f"Prénom{n}", last_name=f"{NAME}{n}", phone="", email="")


def _rdv(house, n, days, hour, *, usager=None, motif=None):
    start = at(house, days, hour) + n * 20 * MINUTE
    people = [usager or _person(house, n)]
    return make_rdv(motif or house.motif, house.site, [house.owner], start, usagers=people, created_at=house.now)


def _today(house, n):
    _rdv(house, n, 0, 13)


def _on_saturday(house, n):
    _rdv(house, n, 4, 16)


def _over(house, n):
    _rdv(house, n, -1, 18)


def _of_the_person(house, n):
    _rdv(house, n, 2, 13, usager=house.usager)
    _rdv(house, n, -3, 13, usager=house.usager)


def _more_files(house, n):
    _rdv(house, n, 2, 13)


def _agent(house, n, **fields):
    return make_agent(site=house.site, services=[house.pmi], last_name=f"Agent{n}", **fields)


def _free_hours(house, n):
    make_ouverture(_agent(house, n), [house.motif], at(house, 3, 9), at(house, 3, 12), site=house.site)


def _one_hour(house, n):
    """The public sees no agent: an hour of its own for each."""
    start = at(house, 3, 13) + n * 20 * MINUTE
    make_ouverture(_agent(house, n), [house.motif], start, start + 20 * MINUTE, site=house.site)


def _plage(house, n):
    make_ouverture(house.owner, [house.motif], at(house, 20 + n, 9), at(house, 20 + n, 12), site=house.site)


def _place(house, n):
    place = make_site(house.departement, name=f"MDS {n}", slug=f"lieu-{n}")
    motif = house.motif
    motif.motif_sites.create(departement=house.departement, site=place)
    make_ouverture(make_agent(site=place, services=[house.pmi]), [motif], at(house, 4, 9), at(house, 4, 12), site=place)


def _motif(house, n):
    make_motif(house.departement, sites=[house.site, house.other_site], service=house.pmi, name=f"Motif du banc {n}")


def _session(house, n):
    start = at(house, 12 + n, 15)
    make_rdv(house.workshop, house.site, [house.owner], start, title="Massage bébé", created_at=house.now)


def _in_the_session(house, n):
    house.session.capacity = 50
    house.session.save(update_fields=["capacity"])
    make_participation(house.session, _person(house, n), created_at=house.now)


def _closure(house, n):
    day = house.now.date() + (70 + n) * DAY
    Fermeture.objects.create(departement=house.departement, starts_on=day, ends_on=day, label="Pont")


def _around_the_person(house, n):
    """Children, followers, messages."""
    child, today = _person(house, n), house.now.date()
    Proche.objects.create(departement=house.departement, responsable=house.usager, person=child, starts_on=today)
    Referent.objects.create(departement=house.departement, usager=house.usager, agent=_agent(house, n), starts_on=today)
    _of_the_person(house, n)


def _departement(_house, n):
    make_departement(f"{n + 10}", is_open=True)


def _waiter(house, n):
    wish = Wish(usager=_person(house, n), motif=house.waited, wishes=Wishes(sites=[house.site]))
    join(wish=wish, author=SYSTEM, now=house.now)


# The page, and what makes its list one row longer.
def _of_somebody_away(house, n):
    start = at(house, 13, 12) + n * 20 * MINUTE
    make_rdv(house.replaced, house.site, [house.away], start, usagers=[_person(house, n)], created_at=house.now)


def _to_call(house, n):
    start = at(house, 18, 9) + n * 20 * MINUTE
    rdv = make_rdv(house.replaced, house.site, [house.away], start, usagers=[_person(house, n)], created_at=house.now)
    open_appel(whole(rdv), AppelKind.MESSAGE, before=start, now=house.now)


LISTS = [
    ("GET rdv:agenda jour", _today),
    ("GET rdv:absent", _of_somebody_away),
    ("GET rdv:waiting_calls message", _to_call),
    ("GET rdv:agenda semaine d’un agent", _on_saturday),
    ("GET rdv:agenda liste d’un agent", _on_saturday),
    ("GET rdv:to_fill_in", _over),
    ("GET rdv:usagers trouvés", _more_files),
    ("GET rdv:usager", _around_the_person),
    ("GET rdv:accueil recherche", _more_files),
    ("GET rdv:accueil personne", _around_the_person),
    ("GET rdv:accueil heures", _free_hours),
    ("GET rdv:accueil atelier", _session),
    ("GET rdv:rdv_move", _free_hours),
    ("GET rdv:rdv_detail atelier", _in_the_session),
    ("GET rdv:plages", _plage),
    ("GET rdv:motifs", _motif),
    ("GET rdv:waiting", _waiter),
    ("GET rdv:waiting_rules", _motif),
    ("GET agents:admin_agents", _agent),
    ("GET rdv:closures", _closure),
    ("GET agents:operateur_home", _departement),
    ("GET rdv:public_home", _departement),
    ("GET rdv:public_motifs", _motif),
    ("GET rdv:public_places", _place),
    ("GET rdv:public_all_times", _one_hour),
    ("GET rdv:public_times", _one_hour),
    ("GET rdv:public_times atelier", _session),
    ("GET rdv:public_mine_list", _of_the_person),
]


@pytest.mark.parametrize(("title", "grow"), LISTS, ids=[title for title, _ in LISTS])
def test_as_many_queries_for_twelve_rows(title, grow, house, client_of):
    ask = TITLES[title]
    with sandbox():
        grow(house, 0)
        one, short = _asked(ask, house, client_of)
        for n in range(1, MANY):
            grow(house, n)
        many, long = _asked(ask, house, client_of)
    assert len(long) > len(short), "the list did not grow: the row proves nothing"
    assert len(many) == len(one), _extra(one, many)


def test_the_motifs_of_a_call_ask_for_the_rows_shown_only(house, client_of):
    """One question of availability for each row shown, however many motifs there are."""
    ask = TITLES["GET rdv:accueil pour"]
    with sandbox():
        for n in range(SHOWN):
            _motif(house, n)
        few, _ = _asked(ask, house, client_of)
        for n in range(SHOWN, SHOWN + MANY):
            _motif(house, n)
        many, _ = _asked(ask, house, client_of)
    assert len(many) == len(few), _extra(few, many)


def _asked(ask, house, client_of):
    """The queries, and what is read on the page. Asked before: a first reading is written in the journal, once."""
    client = client_of(ask.viewer)
    ask.send(client, house, ask.viewer)
    with CaptureQueriesContext(connection) as asked:
        response = ask.send(client, house, ask.viewer)
    assert read(response) == OK
    return [query["sql"] for query in asked.captured_queries], text_of(tree_of(response.content.decode()))


def _extra(one, many):
    """The queries that came for the longer list only, their numbers apart."""
    more = Counter(map(_shape, many)) - Counter(map(_shape, one))
    return f"{len(one)} queries for one row, {len(many)} for {MANY}: {[shape[:400] for shape in more]}"


def _shape(sql):
    return re.sub(r"(?<![A-Za-z_\"])\d+|'[^']*'|s\d+_x\d+", "?", sql)
