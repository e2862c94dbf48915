"""The invented departements: the same each time, true to every rule of the platform, and useful to look at."""

import base64
import datetime as dt
import itertools
import json
from collections import Counter

import pytest
from django.core.management import CommandError, call_command
from django.test import TestCase
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from agents.access import scope_of
from agents.models import Affectation, Agent, Departement, Role, Service, Site
from notifications.models import Message, State
from rdv.core.links import hash_token, make_token
from rdv.domain.holidays import is_holiday
from rdv.domain.travel import Point, travel_time
from rdv.management.seed.run import seed_all
from rdv.models import (
    Absence,
    Appel,
    Evenement,
    Inscription,
    Motif,
    MotifSite,
    Occupation,
    Offre,
    Option,
    Ouverture,
    Participation,
    Proposition,
    Rdv,
    Suite,
)
from rdv.services import availability
from rdv.services.questions import EVERYBODY
from tests.rdv.seeding import WEDNESDAY, digests, forget_everything
from usagers.models import Proche, Usager

LIVE = ("unknown", "seen", "noshow")


def seed(now=WEDNESDAY, number=62):
    return seed_all(seed=number, now=now, is_small=True)


@pytest.mark.slow
@pytest.mark.django_db
def test_two_loads_of_one_day_give_the_same_data():
    seed()
    first = digests()
    forget_everything()
    seed()
    assert digests() == first


@pytest.mark.slow
@pytest.mark.django_db
def test_at_another_hour_only_what_happened_meanwhile_differs():
    seed()
    morning, morning_blind = digests(), digests(today=WEDNESDAY.date())
    forget_everything()
    seed(WEDNESDAY + dt.timedelta(hours=7))
    assert digests(today=WEDNESDAY.date()) == morning_blind
    assert digests() != morning


@pytest.mark.slow
@pytest.mark.django_db
def test_another_number_gives_other_people():
    seed()
    first = digests()
    forget_everything()
    seed(number=63)
    assert digests()["usagers"] != first["usagers"]


def check_invariants(now):
    """Every rule that the services would have kept, and that no constraint of the database says alone."""
    rdvs = list(
        Rdv.objects.select_related("motif", "site").prefetch_related(
            "rdv_agents", "occupations", "participations__usager"
        )
    )
    assert rdvs
    for rdv in rdvs:
        check_occupations(rdv)
        people = list(rdv.participations.all())
        live = [one for one in people if one.status in LIVE]
        # A seat proposed to the waiting list is taken until it is answered.
        held = rdv.options.filter(rdv=None).count() if rdv.motif.is_collective else 0
        assert rdv.seats_taken == len(live) + held <= rdv.capacity
        assert (rdv.cancelled_at is None) == (bool(live) or rdv.motif.is_collective)
        assert rdv.rdv_agents.all()
        tenants = {rdv.motif.departement_id, rdv.site.departement_id, *(one.usager.departement_id for one in people)}
        assert tenants == {rdv.departement_id}
        assert rdv.created_at < rdv.starts_at
        assert rdv.created_at <= now
        for one in people:
            assert one.link_hash == hash_token(make_token("rdv", str(one.uuid)))
            assert (one.starts_at, one.ends_at) == (rdv.starts_at, rdv.ends_at)
            if one.status in ("seen", "noshow"):
                assert rdv.ends_at <= now
            if one.status != "unknown":
                assert one.created_at < one.status_at <= now
    check_days()


def check_occupations(rdv):
    rows = {
        (row.agent_id, row.starts_at, row.ends_at, row.is_blocking, row.is_home_visit) for row in rdv.occupations.all()
    }
    starts, ends = rdv.starts_at - rdv.motif.buffer_before, rdv.ends_at + rdv.motif.buffer_after
    wanted = {
        (one.agent_id, starts, ends, not rdv.is_overbooked, rdv.modality == "home") for one in rdv.rdv_agents.all()
    }
    assert rows == (wanted if rdv.cancelled_at is None else set())


def check_days():
    for departement in Departement.objects.all():
        closed = [(one.site_id, one.starts_on) for one in departement.fermetures.all()]
        assert closed
        for site_id, modality, start in departement.rdvs.values_list("site_id", "modality", "starts_at"):
            day = start.astimezone(departement.zone).date()
            assert not is_holiday(day, departement.code)
            assert (None, day) not in closed
            assert modality != "public_office" or (site_id, day) not in closed


DAYS = {
    "a Saturday": dt.datetime(2026, 11, 21, 11, 0, tzinfo=dt.UTC),
    "Monday in Paris, half past midnight, clocks just changed": dt.datetime(2026, 3, 29, 22, 30, tzinfo=dt.UTC),
    "Ascension, a holiday": dt.datetime(2026, 5, 14, 6, 0, tzinfo=dt.UTC),
    "the last day of a year": dt.datetime(2026, 12, 31, 17, 0, tzinfo=dt.UTC),
    "29 February": dt.datetime(2028, 2, 29, 12, 0, tzinfo=dt.UTC),
    "Sunday, the day the clocks go back": dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC),
}


@pytest.mark.slow
@pytest.mark.parametrize("now", DAYS.values(), ids=DAYS.keys())
@pytest.mark.django_db
def test_any_day_is_a_good_day(now):
    seed(now)
    check_invariants(now)
    assert Message.objects.filter(state=State.PLANNED).exists()


class SmallSeed(TestCase):
    """One load for what only reads."""

    @classmethod
    def setUpTestData(cls):
        cls.seeded = seed()
        cls.laid = cls.seeded.laid[0]
        cls.world = cls.laid.world
        cls.claire = Agent.objects.get(email="claire.vasseur@example.org")

    def agenda(self, first, last):
        zone = self.world.zone
        return [
            (rdv.starts_at.astimezone(zone).strftime("%a %H:%M"), rdv)
            for rdv in Rdv.objects.filter(
                rdv_agents__agent=self.claire,
                starts_at__gte=self.world.at(first, dt.time(0)),
                starts_at__lt=self.world.at(last, dt.time(0)),
            ).order_by("starts_at")
        ]

    def test_invariants(self):
        check_invariants(WEDNESDAY)

    def test_places_and_people(self):
        assert set(Departement.objects.values_list("code", "sms_sender")) == {("62", "MDS62"), ("974", "MDS974")}
        assert Site.objects.filter(departement="62").count() == 2
        assert Service.objects.get(departement="62", code="ase").is_confidential
        kinds = set(Affectation.objects.values_list("role", flat=True))
        assert kinds >= {Role.AGENT, Role.SECRETAIRE, Role.RESPONSABLE, Role.ADMIN}
        phones = Usager.objects.exclude(phone="").values_list("phone", flat=True)
        assert all(str(phone).startswith(("+3363998", "+33353011")) for phone in phones)
        assert Usager.objects.filter(phone="", email="").exists()

    def test_vacancy_is_the_one_of_the_experiment(self):
        """An hour is vacant when nobody was seen in it; hours given back and taken by somebody else are not."""
        hours = {}
        rows = Participation.objects.filter(
            rdv__motif__is_collective=False, rdv__ends_at__lt=WEDNESDAY - dt.timedelta(days=7)
        ).values_list("rdv__rdv_agents__agent_id", "rdv__starts_at", "status")
        for agent_id, start, status in rows:
            hours[agent_id, start] = hours.get((agent_id, start), False) or status == "seen"
        vacant = sum(not seen for seen in hours.values()) / len(hours)
        assert 0.20 <= vacant <= 0.26

    def test_statuses_are_left_to_fill_in(self):
        waiting = Participation.objects.to_fill_in(WEDNESDAY).filter(departement="62")
        assert waiting.count() > 3

    def test_each_public_motif_has_times(self):
        sites = list(Site.objects.filter(departement="62"))
        motifs = list(Motif.objects.filter(departement="62").public())
        assert {motif.tile for motif in motifs} == {"enfant", "grossesse", "social", "budget", "atelier"}
        for motif in motifs:
            window = availability.usager_window(motif, WEDNESDAY)
            if motif.is_collective:
                found = [one for one in availability.sessions_of(motif, sites=sites, window=window) if one.seats_left]
            else:
                found = availability.creneaux_of(
                    motif, sites=sites, agents=EVERYBODY, window=window, now=WEDNESDAY, is_public=True
                )
            assert found, motif.slug

    def test_a_motif_is_offered_where_somebody_receives_for_it(self):
        opened = {
            (motif_id, ouverture.site_id)
            for ouverture in Ouverture.objects.exclude(site=None)
            for motif_id in ouverture.motif_ids
        }
        at_office = MotifSite.objects.filter(motif__modality="public_office", motif__is_collective=False)
        assert set(at_office.values_list("motif_id", "site_id")) == opened

    def test_weighing_in_lens_within_a_week(self):
        pesee = Motif.objects.get(departement="62", slug="pesee")
        lens = Site.objects.get(slug="lens")
        window = availability.usager_window(pesee, WEDNESDAY)
        first = availability.first_creneaux(
            pesee, sites=[lens], agents=EVERYBODY, window=window, now=WEDNESDAY, is_public=True
        )
        assert first[lens.pk] < WEDNESDAY + dt.timedelta(days=7)

    def test_a_workshop_is_full_and_others_are_not(self):
        ahead = Rdv.objects.filter(motif__is_collective=True, starts_at__gt=WEDNESDAY)
        left = [one.seats_left for one in ahead]
        assert 0 in left
        assert max(left) > 1

    def test_the_week_of_claire_shows_everything(self):
        week = dict(self.agenda(self.world.monday, self.world.monday + dt.timedelta(days=5)))
        told = {at: [one.status for one in rdv.participations.all()] for at, rdv in week.items()}
        assert told["Mon 09:00"] == ["seen"]
        assert told["Mon 09:30"] == ["noshow"]
        assert told["Mon 10:30"] == ["unknown"] * 5
        assert week["Mon 14:00"].modality == "home"
        assert week["Tue 10:00"].participations.get().late_minutes == 12
        assert week["Thu 11:15"].is_overbooked
        assert week["Thu 09:30"].rdv_agents.count() == 2
        assert week["Thu 09:30"].motif.service.is_confidential
        assert week["Thu 15:30"].modality == "phone"
        wednesday = self.world.monday + dt.timedelta(days=2)
        training = Absence.objects.get(agent=self.claire, kind="training", first_day=wednesday)
        assert not Occupation.objects.get(absence=training).is_blocking  # over the Rdv that is to be looked at again
        assert "Wed 10:00" in week

    def test_home_visits_leave_the_road(self):
        visits = {}
        for row in Occupation.objects.filter(is_home_visit=True).order_by("starts_at"):
            visits.setdefault((row.agent_id, row.starts_at.date()), []).append(row)
        followed = [(a, b) for rows in visits.values() for a, b in itertools.pairwise(rows)]
        assert followed
        for before, after in followed:
            road = travel_time(
                Point(before.latitude, before.longitude),
                Point(after.latitude, after.longitude),
                fallback=dt.timedelta(),
            )
            assert after.starts_at - before.ends_at >= road

    def test_samira_and_hers(self):
        samira = Usager.objects.get(first_name="Samira", last_name="Benali", birth_date=dt.date(1994, 3, 14))
        assert str(samira.phone) == "+33639981240"
        ages = {
            one.person.first_name: one.person.age_on(self.world.today)
            for one in Proche.objects.filter(responsable=samira)
        }
        assert ages == {"Ilyes": 0, "Lina": 4}
        assert Usager.objects.filter(first_name="Samira", last_name="Benali").count() == 2
        lookalike = Usager.objects.get(last_name="Ben Ali")
        assert lookalike.birth_date == samira.birth_date
        states = set(Message.objects.filter(recipient=f"usager:{samira.pk}").values_list("state", flat=True))
        assert states >= {State.DELIVERED, State.FAILED, State.PLANNED}

    def test_some_were_booked_by_the_services(self):
        done = Option.objects.exclude(rdv=None)
        assert done.count() > 10
        kinds = Counter(Evenement.objects.values_list("kind", flat=True))
        assert kinds["rdv.moved"] >= 1
        assert kinds["participation.status"] >= 1
        assert kinds["absence.created"] == 1
        ahead = Rdv.objects.filter(starts_at__gt=WEDNESDAY).values_list("uuid", flat=True)
        told = set(Evenement.objects.filter(subject_type="rdv").values_list("subject_id", flat=True))
        assert {str(uuid) for uuid in ahead} <= told

    def test_the_waiting_list_has_a_past_and_people_who_wait(self):
        states = Counter(Inscription.objects.values_list("departement", "state"))
        assert {code for code, _ in states} == {"62"}
        assert states["62", "waiting"] + states["62", "offered"] > 10
        assert Offre.objects.live().count() >= 3
        assert Offre.objects.filter(state="accepted").exists()
        for offre in Offre.objects.live().select_related("option"):
            assert offre.option.starts_at == offre.starts_at > WEDNESDAY

    def test_an_absence_is_being_dealt_with(self):
        """Something done, and something that waits for an answer or a call."""
        assert Suite.objects.filter(state="done").count() >= 2
        assert not Suite.objects.exclude(state="done").exists()
        waiting = Proposition.objects.live().filter(answer_by__gt=WEDNESDAY).count()
        assert waiting + Appel.objects.open().count() >= 1

    def test_nothing_due_before_today_is_left_to_send(self):
        morning = self.world.at(self.world.today, dt.time(0))
        assert not Message.objects.filter(
            departement_code="62", state=State.PLANNED, send_not_before__lt=morning
        ).exists()

    def test_every_role_has_an_account_that_works(self):
        accounts = {one["role"]: one for one in self.seeded.accounts["accounts"]}
        assert set(accounts) == {
            "agent", "secretaire", "responsable", "admin", "operateur", "agent974", "secretaire974", "admin974",
        }  # fmt: skip
        for account in accounts.values():
            agent = Agent.objects.get(email=account["email"])
            assert agent.check_password(account["password"])
            assert len(account["password"]) >= 12
            device = TOTPDevice.objects.get(user=agent, confirmed=True)
            assert device.verify_token(totp(base64.b32decode(account["totp_secret"])))
        claire = scope_of(self.claire, today=self.world.today)
        assert claire.departement_code == "62"
        assert not claire.is_admin
        assert self.seeded.accounts["usagers"][0]["name"] == "Samira Benali"


@pytest.mark.django_db
def test_the_command_writes_the_accounts_and_fills_only_an_empty_database(tmp_path, capsys):
    path = tmp_path / "accounts.json"
    call_command("seed_demo", "--scale", "small", "--accounts-file", str(path))
    assert {"role", "name", "email", "password", "totp_secret"} == set(json.loads(path.read_text())["accounts"][0])
    before = Rdv.objects.count()
    call_command("seed_demo", "--scale", "small", "--if-empty")
    assert Rdv.objects.count() == before
    with pytest.raises(CommandError):
        call_command("seed_demo", "--scale", "small")


@pytest.mark.django_db
def test_the_command_refuses_an_instance_that_sends_messages(settings):
    settings.OUTBOX_PAGE = False
    with pytest.raises(CommandError):
        call_command("seed_demo", "--scale", "small")
    assert not Departement.objects.exists()
