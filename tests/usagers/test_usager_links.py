"""Proches and référents: who answers for whom, who follows whom, and what separated parents do not learn."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from rdv.core.journal import Evenement
from tests.factories import NOW, make_agent, make_departement, make_usager
from tests.racing import together
from tests.usagers.conftest import AGENT, PERSON
from usagers.access import proches_of, referent_ids, responsables_of
from usagers.models import Proche, Referent, Usager
from usagers.services.links import (
    NotTheSameDepartement,
    OwnProche,
    add_proche,
    add_referent,
    end_proche,
    end_referent,
)

DAY = dt.timedelta(days=1)
TODAY = dt.date(2027, 1, 4)
CHILD = {"first_name": "Yanis", "last_name": "Benali", "birth_date": dt.date(2026, 3, 14)}


def add_child(responsable, *, now=NOW, author=PERSON, **fields):
    return add_proche(responsable=responsable, kind=Proche.Kind.CHILD, author=author, now=now, **(CHILD | fields))


def names(links):
    return [link.person.first_name for link in links]


@pytest.fixture
def parent(departement):
    return make_usager(departement, first_name="Samira", last_name="Benali")


class TestProches:
    def test_a_child_gets_a_file_and_a_link(self, parent):
        link = add_child(parent)
        assert (link.kind, link.starts_on, link.ends_on) == ("child", TODAY, None)
        assert str(link.person.phone or "") == ""
        assert names(proches_of(parent, TODAY)) == ["Yanis"]
        assert Evenement.objects.filter(kind="proche.added").get().data == {"responsable": parent.pk}

    def test_the_same_child_again_is_the_same_file(self, parent):
        first = add_child(parent)
        again = add_child(parent, first_name="YANIS", now=NOW + DAY)
        assert again.pk == first.pk
        assert Usager.objects.count() == 2
        assert again.person.birth_date == CHILD["birth_date"]
        assert Usager.objects.get(pk=first.person_id).last_contact_at == NOW + DAY

    def test_a_missing_birth_date_is_filled_in_never_changed(self, parent):
        first = add_child(parent, birth_date=None)
        again = add_child(parent)
        assert again.person_id == first.person_id
        assert Usager.objects.get(pk=first.person_id).birth_date == CHILD["birth_date"]
        other = add_child(parent, birth_date=dt.date(2020, 1, 1))
        assert other.person_id != first.person_id

    def test_twins_are_two(self, parent):
        add_child(parent)
        add_child(parent, first_name="Ilyes")
        assert names(proches_of(parent, TODAY)) == ["Yanis", "Ilyes"]

    def test_separated_parents_do_not_see_each_other_s(self, departement, parent):
        other = make_usager(departement, first_name="Karim", last_name="Benali")
        mine, theirs = add_child(parent), add_child(other)
        assert mine.person_id != theirs.person_id  # the second learns nothing of the first
        assert [link.responsable_id for link in proches_of(parent, TODAY)] == [parent.pk]
        assert [link.responsable_id for link in proches_of(other, TODAY)] == [other.pk]

    def test_an_agent_may_link_one_child_to_both(self, departement, parent):
        other = make_usager(departement, first_name="Karim")
        child = add_child(parent).person
        add_proche(responsable=other, person=child, kind=Proche.Kind.CHILD, author=AGENT, now=NOW, has_authority=False)
        assert [link.responsable_id for link in proches_of(other, TODAY)] == [other.pk]
        assert [link.responsable_id for link in proches_of(parent, TODAY)] == [parent.pk]
        assert {link.responsable_id for link in responsables_of(child, TODAY)} == {parent.pk, other.pk}

    def test_an_end_is_at_once_even_on_the_first_day(self, parent):
        link = add_child(parent)
        end_proche(proche=link, author=AGENT, now=NOW)
        assert names(proches_of(parent, TODAY)) == []
        assert Evenement.objects.filter(kind="proche.ended").count() == 1

    def test_an_ended_link_comes_back_as_one_row(self, parent):
        link = add_child(parent)
        end_proche(proche=link, author=AGENT, now=NOW + 10 * DAY)
        assert Proche.objects.get().ends_on == TODAY + 9 * DAY
        assert names(proches_of(parent, TODAY + 10 * DAY)) == []
        end_proche(proche=link, author=AGENT, now=NOW + 20 * DAY)  # ended already: nothing to tell
        back = add_proche(
            responsable=parent, person=link.person, kind=Proche.Kind.CHILD, author=AGENT, now=NOW + 30 * DAY
        )
        assert (back.starts_on, back.ends_on) == (TODAY + 30 * DAY, None)
        assert Proche.objects.count() == 1
        assert Evenement.objects.filter(kind="proche.ended").count() == 1

    def test_the_day_is_that_of_the_departement(self, db):
        reunion = make_usager(make_departement("974"))
        late = dt.datetime(2027, 1, 4, 21, tzinfo=dt.UTC)  # Tuesday 1:00 in La Réunion
        assert add_child(reunion, now=late).starts_on == dt.date(2027, 1, 5)

    def test_refused_with_a_sentence(self, parent, elsewhere):
        stranger = make_usager(elsewhere)
        with pytest.raises(NotTheSameDepartement):
            add_proche(responsable=parent, person=stranger, kind="child", author=AGENT, now=NOW)
        with pytest.raises(OwnProche):
            add_proche(responsable=parent, person=parent, kind="adult", author=AGENT, now=NOW)

    def test_the_database_has_the_last_word(self, departement, parent, elsewhere):
        stranger = make_usager(elsewhere)
        with pytest.raises(IntegrityError), transaction.atomic():
            Proche.objects.create(departement=departement, responsable=parent, person=stranger, starts_on=TODAY)
        with pytest.raises(IntegrityError), transaction.atomic():
            Proche.objects.create(departement=departement, responsable=parent, person=parent, starts_on=TODAY)


class TestReferents:
    def test_added_and_ended(self, departement, parent):
        agent = make_agent(departement)
        assert referent_ids(parent, TODAY) == []
        link = add_referent(usager=parent, agent=agent, author=AGENT, now=NOW)
        assert add_referent(usager=parent, agent=agent, author=AGENT, now=NOW).pk == link.pk
        assert referent_ids(parent, TODAY) == [agent.pk]
        end_referent(referent=link, author=AGENT, now=NOW + 5 * DAY)
        assert referent_ids(parent, TODAY + 5 * DAY) == []
        assert [e.kind for e in Evenement.objects.order_by("pk")] == ["referent.added", "referent.ended"]
        add_referent(usager=parent, agent=agent, author=AGENT, now=NOW + 6 * DAY)
        assert Referent.objects.count() == 1
        assert referent_ids(parent, TODAY + 6 * DAY) == [agent.pk]

    def test_never_an_agent_of_another_departement(self, parent, elsewhere):
        with pytest.raises(NotTheSameDepartement):
            add_referent(usager=parent, agent=make_agent(elsewhere), author=AGENT, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_two_submits_of_one_form_give_one_child():
    parent = make_usager(make_departement("62"))
    answers = together([lambda: add_child(parent)] * 6)
    assert len({link.pk for link in answers}) == 1
    assert Usager.objects.count() == 2
