"""An agent is away: the best choice of each Rdv, each carried out once, what could not be done says why."""

import uuid
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from notifications.models import Message
from rdv.core.journal import Evenement
from rdv.models import (
    Absence,
    Appel,
    AppelKind,
    Inscription,
    Occupation,
    Option,
    Proposition,
    Rdv,
    Suite,
    SuiteChoice,
    SuiteState,
)
from rdv.services import absent
from rdv.services.absences import create_absence
from rdv.services.absent_colleagues import free_colleagues
from rdv.services.moving import Move, move_rdv
from tests.absent.conftest import HALF_HOUR, elise_is_free, plan, rule_of, wanted_of
from tests.factories import make_agent, make_motif, make_ouverture, make_participation, make_rdv, make_usager
from usagers.models import Referent


def record(world, lines, key=None, now=None, choice=None):
    return absent.record(
        agent=world.nadia,
        rule=rule_of(world),
        key=key or uuid.uuid4(),
        wanted=[wanted_of(line, choice) for line in lines],
        author=world.author,
        now=now or world.now,
    )


def choices(found):
    return [line.preset.partition(":")[0] for line in found.lines]


def test_a_colleague_at_the_same_hour_comes_first(world):
    elise_is_free(world)
    found = plan(world)
    assert [line.preset for line in found.lines] == [f"move:{world.elise.pk}"] * 8
    assert found.lines[0].ways[0].label == "Élise Martel, même heure"


def test_without_a_colleague_three_hours_of_different_days_that_nobody_else_is_proposed(world):
    found = plan(world)
    assert choices(found) == ["propose"] * 8
    zone = world.departement.zone
    for line in found.lines:
        assert len({hour.starts_at.astimezone(zone).date() for hour in line.hours}) == 3
    proposed = [(hour.starts_at, hour.agent_ids) for line in found.lines for hour in line.hours]
    assert len(proposed) == len(set(proposed)) == 24
    # Not on the day she is away, and as close as can be to the old hour of the day.
    assert all(hour.starts_at.astimezone(zone).date() > world.rdvs[0].starts_at.date() for hour in found.lines[0].hours)
    assert found.lines[0].hours[0].starts_at.astimezone(zone).hour == 9


def test_one_colleague_is_not_given_two_rdv_at_once_and_the_load_is_shared(world):
    elise_is_free(world)
    make_ouverture(world.morel, [world.motif], world.nine, world.nine + timedelta(hours=4), site=world.site)
    twin = make_rdv(world.motif, world.site, [], world.nine, usagers=[make_usager(world.departement)])
    Occupation.objects.create(
        departement=world.departement, agent=world.nadia, starts_at=twin.starts_at, ends_at=twin.ends_at, kind="rdv",
        rdv=twin, is_blocking=False,
    )  # fmt: skip
    twin.rdv_agents.create(departement=world.departement, agent=world.nadia)
    found = plan(world)
    given = [line.preset for line in found.lines]
    assert set(given[:2]) == {f"move:{world.elise.pk}", f"move:{world.morel.pk}"}
    counts = [given.count(f"move:{agent.pk}") for agent in (world.elise, world.morel)]
    assert max(counts) - min(counts) <= 1


def test_who_is_free_is_one_statement_and_the_plan_does_not_grow_with_the_rdv(world):
    elise_is_free(world)
    today = world.now.date()
    from rdv.access import whole_rdvs

    rdvs = list(whole_rdvs().order_by("starts_at"))
    with CaptureQueriesContext(
        connection,
    ) as eight:
        found = free_colleagues(rdvs, absent_id=world.nadia.pk, today=today, now=world.now)
    assert len(eight) == 1
    assert all(found.free[rdv.pk] == [world.elise.pk] for rdv in rdvs)
    with CaptureQueriesContext(connection) as all_of_them:
        plan(world)
    Rdv.objects.filter(pk__in=[rdv.pk for rdv in world.rdvs[1:]]).update(cancelled_at=world.now)
    with CaptureQueriesContext(connection) as one:
        plan(world)
    assert len(all_of_them) == len(one) <= 20


@pytest.mark.parametrize("why", ["busy", "held", "other motif", "other site", "inactive", "closed", "no opening"])
def test_a_colleague_who_is_not_free_is_not_proposed(world, why):
    if why != "no opening":
        motif = make_motif(world.departement, service=world.pmi, sites=[world.site]) if why == "other motif" else None
        site = world.other_site if why == "other site" else world.site
        end = world.nine + timedelta(hours=4)
        make_ouverture(world.elise, [motif or world.motif], world.nine, end, site=site)
    if why == "busy":
        make_rdv(world.motif, world.site, [world.elise], world.nine + timedelta(minutes=10))
    if why == "held":
        option = Option.objects.create(
            departement=world.departement, motif=world.motif, site=world.site, starts_at=world.nine,
            ends_at=world.nine + HALF_HOUR, expires_at=world.now + HALF_HOUR, author_kind="usager",
            opened_at=world.now,
        )  # fmt: skip
        Occupation.objects.create(
            departement=world.departement, agent=world.elise, starts_at=world.nine, ends_at=world.nine + HALF_HOUR,
            kind="option", option=option, expires_at=option.expires_at,
        )  # fmt: skip
    if why == "inactive":
        world.elise.is_active = False
        world.elise.save()
    if why == "closed":
        from agents.models import Fermeture

        day = world.nine.date()
        Fermeture.objects.create(departement=world.departement, starts_on=day, ends_on=day, label="Travaux")
    first = plan(world).lines[0]
    assert not any(way.value.startswith("move") for way in first.ways)


def test_a_follow_up_goes_to_a_referent_only(world):
    elise_is_free(world)
    make_ouverture(world.morel, [world.motif], world.nine, world.nine + timedelta(hours=4), site=world.site)
    world.motif.is_follow_up = True
    world.motif.save()
    usager = world.rdvs[0].participations.get().usager
    Referent.objects.create(departement=world.departement, usager=usager, agent=world.morel, starts_on=world.now.date())
    found = plan(world)
    assert found.lines[0].preset == f"move:{world.morel.pk}"
    assert not any(way.value.startswith("move") for way in found.lines[1].ways)
    assert found.lines[1].preset == "call"  # no référent, none


def test_all_saved_in_one_go_absence_moves_and_messages_once(world):
    elise_is_free(world)
    key = uuid.uuid4()
    found = plan(world)
    absence = record(world, found.lines, key=key)
    assert Suite.objects.filter(state=SuiteState.DONE).count() == 8
    for rdv in world.rdvs:
        rdv.refresh_from_db()
        assert [link.agent_id for link in rdv.rdv_agents.all()] == [world.elise.pk]
        assert rdv.is_live
    told = Message.objects.filter(kind="rdv.replaced")
    assert told.count() == 16  # an SMS and an e-mail each
    sms = told.filter(channel="sms").order_by("id").first().body
    assert "RDV maintenu : lun. 11\u00a0janv. à 9h, MDS du Canal, avec" in sms
    assert not Message.objects.filter(kind="rdv.moved").exists()
    assert Evenement.objects.filter(kind="absent.move").count() == 8
    # The same form, sent again.
    again = record(world, found.lines, key=key)
    assert again == absence
    assert (Absence.objects.count(), Suite.objects.count(), told.count()) == (1, 8, 16)


def test_hours_are_held_the_old_rdv_is_off_and_one_message_says_both(world):
    record(world, plan(world).lines)
    assert Proposition.objects.live().count() == 8
    assert Option.objects.filter(purpose="pick", rdv=None).count() == 24
    assert Rdv.objects.live().count() == 0
    first = world.rdvs[0]
    participation = first.participations.get()
    assert participation.status == "revoked"
    about = Message.objects.filter(recipient=f"usager:{participation.usager_id}")
    assert {message.kind for message in about if message.state == "planned"} == {"rdv.proposed"}
    sms = about.get(kind="rdv.proposed", channel="sms").body
    assert sms.startswith("RDV du lun. 11\u00a0janv. à 9h annulé")
    assert "[[lien:choix:" in sms
    assert "Pesée" not in sms


def test_nobody_free_the_waiting_list_with_a_priority_in_one_message(world):
    world.motif.has_waitlist = True
    world.motif.save()
    from rdv.models import Ouverture

    Ouverture.objects.filter(starts_at__gt=world.nine + timedelta(hours=12)).delete()
    found = plan(world)
    assert choices(found) == ["cancel"] * 8
    record(world, found.lines[:1])
    waits = Inscription.objects.get()
    assert (waits.priority, waits.usager) == (1, world.rdvs[0].participations.get().usager)
    kinds = set(Message.objects.filter(state="planned").values_list("kind", flat=True))
    assert kinds == {"rdv.cancelled.waiting"}


def test_somebody_who_waits_already_is_told_of_the_cancellation_only(world):
    from rdv.services.waitlist_join import Wish, join

    world.motif.has_waitlist = True
    world.motif.save()
    usager = world.rdvs[0].participations.get().usager
    join(wish=Wish(usager=usager, motif=world.motif), author=world.author, now=world.now)
    line = plan(world).lines[0]
    record(world, [line], choice="cancel")
    assert Suite.objects.get().state == SuiteState.DONE
    assert Inscription.objects.count() == 1
    told = Message.objects.filter(recipient=f"usager:{usager.pk}", state="planned")
    assert "rdv.cancelled" in set(told.values_list("kind", flat=True))


def test_nobody_can_be_written_to_a_call_is_to_be_made(world):
    usager = world.rdvs[0].participations.get().usager
    usager.phone, usager.email = "", ""
    usager.save()
    found = plan(world)
    assert found.lines[0].preset == "propose"
    record(world, found.lines[:1])
    appel = Appel.objects.get()
    assert (appel.kind, appel.proposition.by_call) == (AppelKind.PROPOSITION, True)
    assert appel.before == appel.proposition.answer_by
    assert not Message.objects.filter(kind="rdv.proposed").exists()


def test_a_silent_motif_writes_nothing_and_a_discreet_one_says_nothing_of_it(world):
    elise_is_free(world)
    for level in ("silent", "discreet"):
        world.motif.notice_level = level
        world.motif.save()
        lines = plan(world).lines
        line = next(one for one in lines if one.ways)
        record(world, [line], key=uuid.uuid4())
        told = list(Message.objects.filter(kind="rdv.replaced"))
        if level == "silent":
            assert told == []
            assert Appel.objects.count() == 1
        else:
            assert all("Martel" not in message.body and "Pesée" not in message.body for message in told)
            assert len(told) == 2
        # The next one: another absence over the same day would be refused twice, so it is decided from its page.
        Absence.objects.all().update(is_ended=True)
        Occupation.objects.filter(kind="absence").delete()


def test_so_near_that_a_message_may_be_read_too_late_the_person_is_phoned(world):
    found = plan(world, now=world.nine - timedelta(minutes=30))
    assert choices(found)[:3] == ["call", "call", "call"]
    assert choices(found)[-1] == "propose"
    record(world, found.lines[:1], now=world.nine - timedelta(minutes=30))
    appel = Appel.objects.get()
    assert (appel.kind, appel.before) == (AppelKind.ABSENCE, world.nine)
    world.rdvs[0].refresh_from_db()
    assert world.rdvs[0].is_live


def test_a_call_keeps_the_reminders_from_leaving(world):
    from rdv.services import notices
    from tests.absent.conftest import whole

    participation = whole(world.rdvs[0])
    notices.booked(participation, now=world.now)
    assert Message.objects.filter(kind__startswith="rdv.reminder", state="planned").exists()
    record(world, plan(world).lines[:1], choice="call")
    assert not Message.objects.filter(kind__startswith="rdv.reminder", state="planned").exists()


def test_what_could_not_be_done_stays_with_its_reason_and_may_be_decided_again(world):
    elise_is_free(world)
    line, *_ = plan(world).lines
    wanted = wanted_of(line)
    make_rdv(world.motif, world.site, [world.elise], world.nine, usagers=[make_usager(world.departement)])
    absence = absent.record(
        agent=world.nadia, rule=rule_of(world), key=uuid.uuid4(), wanted=[wanted], author=world.author, now=world.now
    )
    suite = Suite.objects.get()
    assert (suite.state, suite.reason) == (SuiteState.FAILED, "Ce créneau vient d’être pris.")
    world.rdvs[0].refresh_from_db()
    assert world.rdvs[0].is_live
    assert world.rdvs[0].rdv_agents.get().agent == world.nadia
    call = absent.Wanted(line.rdv.pk, SuiteChoice.CALL, line.rdv.schedule_version)
    absent.decide(absence=absence, wanted=[call], author=world.author, now=world.now)
    suite.refresh_from_db()
    assert (suite.state, suite.choice, suite.reason) == (SuiteState.DONE, "call", "")
    # Done is done.
    absent.decide(absence=absence, wanted=[wanted], author=world.author, now=world.now)
    suite.refresh_from_db()
    assert suite.choice == "call"


def test_all_the_proposed_hours_gone_nothing_is_cancelled(world):
    line = plan(world).lines[0]
    for hour in line.hours:
        make_rdv(world.motif, world.site, list(filter(lambda a: a.pk in hour.agent_ids, (world.nadia, world.elise,
                 world.morel))), hour.starts_at)  # fmt: skip
    record(world, [line])
    suite = Suite.objects.get()
    assert suite.state == SuiteState.FAILED
    assert suite.reason.startswith("Les heures choisies viennent d’être prises")
    world.rdvs[0].refresh_from_db()
    assert world.rdvs[0].is_live
    assert not Message.objects.filter(kind="rdv.proposed").exists()


def test_somebody_elses_change_is_told_not_overwritten(world):
    elise_is_free(world)
    line = plan(world).lines[0]
    wanted = wanted_of(line)
    tomorrow = world.nine + timedelta(days=1)
    move_rdv(rdv=line.rdv, move=Move(starts_at=tomorrow, agents=[world.morel.pk]), author=world.author, now=world.now)
    absent.record(
        agent=world.nadia, rule=rule_of(world), key=uuid.uuid4(), wanted=[wanted], author=world.author, now=world.now
    )
    assert not Suite.objects.exists()  # it does not meet the absence any more
    moved = Rdv.objects.get(pk=line.rdv.pk)
    assert (moved.starts_at, moved.rdv_agents.get().agent) == (tomorrow, world.morel)


def test_a_crash_in_the_middle_is_finished_by_the_task_and_nothing_is_done_twice(world, monkeypatch):
    elise_is_free(world)
    done = []
    apply = absent._apply

    def dies_after_three(suite, now):
        if len(done) == 3:
            raise KeyboardInterrupt
        apply(suite, now)
        done.append(suite)

    monkeypatch.setattr(absent, "_apply", dies_after_three)
    with pytest.raises(KeyboardInterrupt):
        record(world, plan(world).lines)
    assert Suite.objects.planned().count() == 5
    monkeypatch.setattr(absent, "_apply", apply)
    assert absent.resume(world.now) == 0  # a page may still be at work
    later = world.now + timedelta(minutes=3)
    assert absent.resume(later) == 5
    assert absent.resume(later) == 0
    assert Suite.objects.filter(state=SuiteState.DONE).count() == 8
    assert Message.objects.filter(kind="rdv.replaced", channel="sms").count() == 8


def test_a_database_that_fails_for_one_rdv_does_not_stop_the_others(world, monkeypatch):
    elise_is_free(world)
    apply = absent._apply

    def fails_once(suite, now):
        if suite.rdv_id == world.rdvs[2].pk:
            raise DatabaseError("deadlock")
        apply(suite, now)

    monkeypatch.setattr(absent, "_apply", fails_once)
    record(world, plan(world).lines)
    assert Suite.objects.planned().count() == 1
    assert Suite.objects.filter(state=SuiteState.DONE).count() == 7


def test_a_workshop_goes_to_a_colleague_of_the_service_and_everybody_is_told(world):
    session = make_motif(
        world.departement, sites=[world.site], service=world.pmi, is_collective=True, capacity=6, duration_min=60
    )
    Rdv.objects.filter(pk__in=[rdv.pk for rdv in world.rdvs]).update(cancelled_at=world.now)
    Occupation.objects.all().delete()
    atelier = make_rdv(session, world.site, [world.nadia], world.nine, title="Massage bébé", minutes=60)
    for _ in range(3):
        make_participation(atelier, make_usager(world.departement))
    (line,) = plan(world).lines
    assert line.preset.startswith("move:")
    record(world, [line])
    assert atelier.rdv_agents.get().agent_id == int(line.preset.partition(":")[2])
    assert Message.objects.filter(kind="rdv.replaced", channel="sms").count() == 3


def test_a_binome_keeps_the_one_who_is_there(world):
    pair = make_motif(world.departement, sites=[world.site], service=world.pmi, agents_needed=2)
    Rdv.objects.filter(pk__in=[rdv.pk for rdv in world.rdvs]).update(cancelled_at=world.now)
    Occupation.objects.all().delete()
    other = make_agent(site=world.site, services=[world.pmi], last_name="Autre")
    for agent in (world.elise, world.morel, other):
        make_ouverture(agent, [pair], world.nine, world.nine + timedelta(hours=2), site=world.site)
    rdv = make_rdv(pair, world.site, [world.nadia, world.morel], world.nine, usagers=[make_usager(world.departement)])
    (line,) = plan(world).lines
    assert {way.value for way in line.ways if way.value.startswith("move")} == {
        f"move:{world.elise.pk}",
        f"move:{other.pk}",
    }
    record(world, [line], choice=f"move:{world.elise.pk}")
    assert set(rdv.rdv_agents.values_list("agent_id", flat=True)) == {world.morel.pk, world.elise.pk}


def test_an_absence_written_elsewhere_is_decided_from_its_page(world):
    elise_is_free(world)
    saved = create_absence(agent=world.nadia, rule=rule_of(world), author=world.author, now=world.now)
    from agents.access import scope_of
    from rdv.services.absent_plan import plan_of

    scope = scope_of(world.people["secretary"], today=world.now.date())
    found = plan_of(saved.absence, scope=scope, now=world.now, today=world.now.date())
    assert len(found.open) == 8
    absent.decide(
        absence=saved.absence, wanted=[wanted_of(line) for line in found.lines], author=world.author, now=world.now
    )
    after = plan_of(saved.absence, scope=scope, now=world.now, today=world.now.date())
    assert (len(after.lines), len(after.open)) == (8, 0)


def test_the_rows_never_link_two_departements(world):
    from django.db import IntegrityError

    from tests.factories import make_departement, make_site

    far = make_departement("974")
    stranger = make_rdv(
        make_motif(far, sites=[make_site(far)]), make_site(far), [], world.nine, usagers=[make_usager(far)]
    )
    saved = create_absence(agent=world.nadia, rule=rule_of(world), author=world.author, now=world.now)
    with pytest.raises(IntegrityError):
        Suite.objects.create(
            departement=world.departement, absence=saved.absence, rdv=stranger, choice="call", version=0,
            was_at=world.nine, asked_at=world.now, author_label="x", author_role="x",
        )  # fmt: skip
