"""Two files made one: what follows, what is refused, what goes back within 30 days, and who is told what."""

import datetime as dt
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifications.models import Message
from rdv.access import participation_for_link
from rdv.core.journal import Evenement
from rdv.core.links import make_token
from rdv.models import Inscription, InscriptionState, Offre, Origin, Participation
from rdv.services import notices, waitlist_join
from rdv.services.booking import Booking, register
from rdv.services.errors import ChangedMeanwhile
from rdv.services.merging import MergeRefused, UndoRefused, merge_files, undo_merge
from rdv.services.merging_plan import Clash, plan_of
from tests.factories import (
    NOW,
    make_agent,
    make_departement,
    make_motif,
    make_participation,
    make_rdv,
    make_site,
    make_usager,
    utc,
)
from tests.rdv.conftest import AGENT
from usagers.models import Doublon, Fusion, Proche, Referent, Usager
from usagers.services.files import FileMerged, update_usager
from usagers.services.merging import compare, fingerprint
from usagers.services.retention import erase_usager

DAY = dt.timedelta(days=1)
LATER = NOW + DAY
TABLES = (
    "usagers_usager",
    "usagers_proche",
    "usagers_referent",
    "rdv_participation",
    "rdv_inscription",
    "rdv_offre",
    "notifications_message",
)


def rows():
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT t.* FROM {table} t ORDER BY id")
            found[table] = cursor.fetchall()
    return found


@pytest.fixture
def pair(world):
    """Samira twice: with a phone here, with a mailbox and a birth date there."""
    here = world.departement
    kept = make_usager(here, first_name="Samira", last_name="Benali", phone="+33639981240", email="", note="calme")
    other = make_usager(
        here, first_name="SAMIRA", last_name="Ben Ali", phone="", email="s@example.org",
        birth_date=dt.date(1994, 3, 14), note="vient à pied", needs_interpreter=True,
    )  # fmt: skip
    return SimpleNamespace(kept=kept, other=other, world=world, site=world.site, motif=world.motif)


def merge(pair, **choices):
    values = {"last_name": "kept"} | choices
    return merge_files(kept=pair.kept, other=pair.other, choices=values, author=AGENT, now=NOW)


def rdv_of(pair, usager, start, **fields):
    return make_rdv(pair.motif, pair.site, [pair.world.agent], start, usagers=[usager], **fields).participations.get()


def test_the_sure_choices_are_made_and_the_others_are_asked(pair):
    lines = {line.name: line for line in compare(pair.kept, pair.other)}
    assert {name: line.preset for name, line in lines.items() if not line.is_same} == {
        "last_name": "",
        "first_name": "kept",
        "birth_date": "other",
        "phone": "kept",
        "email": "other",
        "needs_interpreter": "other",
        "note": "both",
    }
    with pytest.raises(MergeRefused, match="choix"):
        merge(pair, last_name="")
    assert not Fusion.objects.exists()


def test_the_values_chosen_and_the_file_that_steps_aside(pair):
    merge(pair, last_name="other")
    kept, other = Usager.objects.get(pk=pair.kept.pk), Usager.objects.get(pk=pair.other.pk)
    assert (kept.first_name, kept.last_name, kept.birth_date) == ("Samira", "Ben Ali", dt.date(1994, 3, 14))
    assert (str(kept.phone), kept.email, kept.needs_interpreter) == ("+33639981240", "s@example.org", True)
    assert kept.note == "calme\n\nvient à pied"
    assert kept.search_key == " ben ali samira "
    assert (other.merged_into, other.last_name) == (kept, "Ben Ali")
    assert list(Usager.objects.of(pair.world.departement).filter(last_name="Ben Ali")) == [kept]


def test_everything_that_hangs_on_the_file_follows(pair):
    here, today = pair.world.departement, NOW.date()
    child, doctor = make_usager(here), make_agent(here, site=pair.site)
    own = rdv_of(pair, pair.other, utc(2027, 1, 11, 9))
    for_child = make_participation(
        make_rdv(pair.motif, pair.site, [doctor], utc(2027, 1, 12, 9)), child, responsable=pair.other
    )
    Proche.objects.create(departement=here, responsable=pair.other, person=child, starts_on=today)
    Referent.objects.create(departement=here, usager=pair.other, agent=doctor, starts_on=today)
    waited = make_motif(here, sites=[pair.site], service=pair.motif.service, has_waitlist=True)
    wait = waitlist_join.join(wish=waitlist_join.Wish(usager=pair.other, motif=waited), author=AGENT, now=NOW)
    notices.booked(own, now=NOW)
    merge(pair)
    for row in (own, for_child, wait):
        row.refresh_from_db()
    assert (own.usager, for_child.responsable, wait.usager) == (pair.kept,) * 3
    assert Proche.objects.get().responsable == pair.kept
    assert Referent.objects.get().usager == pair.kept
    assert set(Message.objects.values_list("recipient", flat=True)) == {f"usager:{pair.kept.pk}"}
    assert participation_for_link(make_token("rdv", str(own.uuid)), now=NOW).usager == pair.kept, "old links go on"


def test_the_words_that_wait_go_to_the_addresses_kept(pair):
    far = rdv_of(pair, pair.other, utc(2027, 2, 11, 9))
    notices.booked(far, now=NOW)
    assert {m.address for m in Message.objects.filter(state="planned")} == {"s@example.org"}
    fusion = merge(pair, email="kept")
    assert not Message.objects.filter(state="planned").exists(), "no mailbox left, and no other channel was promised"
    undo_merge(fusion=fusion, author=AGENT, now=LATER)
    assert {m.address for m in Message.objects.filter(state="planned")} == {"s@example.org"}


def test_a_proche_of_both_is_one_link_with_what_either_may(pair):
    here, child = pair.world.departement, make_usager(pair.world.departement)
    Proche.objects.create(
        departement=here, responsable=pair.kept, person=child, starts_on=NOW.date(), has_authority=False
    )
    Proche.objects.create(departement=here, responsable=pair.other, person=child, starts_on=NOW.date() - DAY)
    fusion = merge(pair)
    link = Proche.objects.get(responsable=pair.kept)
    assert (link.has_authority, link.starts_on) == (True, NOW.date() - DAY)
    undo_merge(fusion=fusion, author=AGENT, now=LATER)
    assert Proche.objects.get(responsable=pair.kept).has_authority is False


def test_of_two_waits_for_one_motif_the_older_rank_stays(pair):
    waited = make_motif(pair.world.departement, sites=[pair.site], service=pair.motif.service, has_waitlist=True)
    older = waitlist_join.join(wish=waitlist_join.Wish(usager=pair.other, motif=waited), author=AGENT, now=NOW - DAY)
    younger = waitlist_join.join(wish=waitlist_join.Wish(usager=pair.kept, motif=waited), author=AGENT, now=NOW)
    fusion = merge(pair)
    assert Inscription.objects.open().get() == older
    assert Inscription.objects.get(pk=younger.pk).state == InscriptionState.LEFT
    undo_merge(fusion=fusion, author=AGENT, now=LATER)
    assert set(Inscription.objects.open().values_list("pk", "usager_id")) == {
        (older.pk, pair.other.pk),
        (younger.pk, pair.kept.pk),
    }


def test_two_live_rdv_at_one_time_are_refused_in_words(pair):
    rdv_of(pair, pair.kept, utc(2027, 1, 11, 8))
    second = make_agent(pair.world.departement, site=pair.site)
    clash = make_rdv(pair.motif, pair.site, [second], utc(2027, 1, 11, 8, 15), usagers=[pair.other])
    before = rows()
    assert [one.kind for one in plan_of(pair.kept, pair.other, now=NOW).obstacles] == [Clash.SAME_TIME]
    with pytest.raises(MergeRefused, match="même heure"):
        merge(pair)
    assert rows() == before
    Participation.objects.filter(rdv=clash).update(status="excused")
    merge(pair)


def test_the_same_session_for_both_is_refused(pair):
    workshop = make_motif(
        pair.world.departement, sites=[pair.site], service=pair.motif.service, is_collective=True, capacity=4
    )
    make_rdv(workshop, pair.site, [pair.world.agent], utc(2027, 1, 11, 8), usagers=[pair.kept, pair.other])
    assert [one.kind for one in plan_of(pair.kept, pair.other, now=NOW).obstacles] == [Clash.SAME_RDV]
    with pytest.raises(MergeRefused, match="même rendez-vous"):
        merge(pair)


def test_past_rdv_at_one_time_are_both_kept(pair):
    own = rdv_of(pair, pair.kept, NOW - DAY)
    second = make_agent(pair.world.departement, site=pair.site)
    past = make_rdv(pair.motif, pair.site, [second], NOW - DAY, usagers=[pair.other]).participations.get()
    fusion = merge(pair)
    assert set(pair.kept.participations.values_list("pk", "may_overlap")) == {(own.pk, False), (past.pk, True)}
    undo_merge(fusion=fusion, author=AGENT, now=LATER)
    assert Participation.objects.get(pk=past.pk).may_overlap is False


def test_a_mother_and_her_child_are_two_people(pair):
    Proche.objects.create(
        departement=pair.world.departement, responsable=pair.kept, person=pair.other, starts_on=NOW.date()
    )
    with pytest.raises(MergeRefused, match="responsable"):
        merge(pair)


def test_never_across_two_departements_nor_with_itself(pair):
    stranger = make_usager(make_departement("59"))
    for other in (stranger, pair.kept):
        with pytest.raises(MergeRefused):
            merge_files(kept=pair.kept, other=other, choices={}, author=AGENT, now=NOW)
    assert not Fusion.objects.exists()


def test_asked_twice_done_once(pair):
    assert merge(pair) == merge(pair)
    assert Evenement.objects.filter(kind="usager.merged").count() == 1


def test_what_the_screen_showed_has_changed(pair):
    seen = fingerprint(pair.kept, pair.other)
    update_usager(usager=pair.other, author=AGENT, now=NOW, phone="+33639981299")
    with pytest.raises(ChangedMeanwhile):
        merge_files(kept=pair.kept, other=pair.other, choices={}, author=AGENT, now=NOW, seen=seen)


def test_the_journal_tells_both_and_keeps_their_own_lines(pair):
    update_usager(usager=pair.other, author=AGENT, now=NOW, note="autre chose")
    fusion = merge(pair)
    undo_merge(fusion=fusion, author=AGENT, now=LATER)
    kinds = lambda pk: list(Evenement.objects.about("usager", pk).values_list("kind", flat=True))  # noqa: E731
    assert kinds(pair.kept.pk) == ["usager.unmerged", "usager.merged"]
    assert kinds(pair.other.pk) == ["usager.unmerged", "usager.merged_into", "usager.updated"]


def test_nothing_is_written_any_more_on_the_file_that_stepped_aside(pair):
    merge(pair)
    with pytest.raises(FileMerged):
        update_usager(usager=pair.other, author=AGENT, now=NOW, note="x")
    rdv = make_rdv(pair.motif, pair.site, [pair.world.agent], utc(2027, 1, 11, 8))
    booked = register(rdv, Booking(usager=pair.other, origin=Origin.WEB), author=AGENT, now=NOW)
    assert booked.usager == pair.kept, "a form opened before books for the file that was kept"
    waited = make_motif(pair.world.departement, sites=[pair.site], service=pair.motif.service, has_waitlist=True)
    wait = waitlist_join.join(wish=waitlist_join.Wish(usager=pair.other, motif=waited), author=AGENT, now=NOW)
    assert wait.usager == pair.kept


def test_undo_leaves_what_is_new_and_what_was_changed(pair):
    moved = rdv_of(pair, pair.other, utc(2027, 1, 11, 9))
    fusion = merge(pair)
    new = rdv_of(pair, pair.kept, utc(2027, 1, 12, 9), created_at=LATER)
    Participation.objects.filter(pk=new.pk).update(created_at=LATER)
    kept = Usager.objects.get(pk=pair.kept.pk)
    update_usager(usager=kept, author=AGENT, now=LATER, email="nouvelle@example.org")
    undone = undo_merge(fusion=fusion, author=AGENT, now=LATER)
    assert (undone.fields, undone.new_rdvs) == (("email",), 1)
    assert Participation.objects.get(pk=moved.pk).usager == pair.other
    assert Participation.objects.get(pk=new.pk).usager == pair.kept
    kept.refresh_from_db()
    assert (kept.email, kept.birth_date, kept.note) == ("nouvelle@example.org", None, "calme")
    assert undo_merge(fusion=fusion, author=AGENT, now=LATER).new_rdvs == 0, "asked twice, done once"
    assert Evenement.objects.filter(kind="usager.unmerged").count() == 2


def test_undo_ends_after_thirty_days_and_the_past_values_with_it(pair):
    fusion = merge(pair)
    with pytest.raises(UndoRefused, match="30 jours"):
        undo_merge(fusion=fusion, author=AGENT, now=NOW + 31 * DAY)
    from usagers.services.merging import forget_fusions

    assert forget_fusions(now=NOW + 29 * DAY) == 0
    assert forget_fusions(now=NOW + 31 * DAY) == 1
    assert Fusion.objects.get().changes == []


def test_the_last_merge_is_undone_first(pair):
    third = make_usager(pair.world.departement, first_name="Samira", last_name="Benali")
    first = merge(pair)
    last = merge_files(
        kept=pair.kept, other=third, choices=dict.fromkeys(("phone", "email"), "kept"), author=AGENT, now=LATER
    )
    with pytest.raises(UndoRefused, match="plus récente"):
        undo_merge(fusion=first, author=AGENT, now=LATER)
    undo_merge(fusion=last, author=AGENT, now=LATER)
    undo_merge(fusion=first, author=AGENT, now=LATER)
    assert Usager.objects.standing().filter(pk__in=[third.pk, pair.other.pk]).count() == 2


def test_an_erased_file_takes_the_merged_one_with_it(pair):
    fusion = merge(pair)
    Doublon.objects.create(
        departement=pair.world.departement, first=pair.kept, second=pair.other, reasons=[], weight=1, found_at=NOW
    )
    erase_usager(usager=pair.kept, author=AGENT, now=LATER)
    assert Usager.objects.filter(pk__in=[pair.kept.pk, pair.other.pk], last_name="effacée").count() == 2
    assert Fusion.objects.get().changes == []
    assert not Doublon.objects.exists()
    with pytest.raises(UndoRefused):
        undo_merge(fusion=fusion, author=AGENT, now=LATER)


# Whatever two files hold, undoing at once gives back every row as it was.

NAMES = st.sampled_from(["Benali", "Ben Ali", "BÉNALI", "Haddad"])
PEOPLE = st.fixed_dictionaries(
    {
        "first_name": st.sampled_from(["Samira", "Sâmira"]),
        "last_name": NAMES,
        "birth_name": st.one_of(st.just(""), NAMES),
        "birth_date": st.sampled_from([None, dt.date(1994, 3, 14), dt.date(1990, 1, 1)]),
        "phone": st.sampled_from(["", "+33639981240", "+33639981241"]),
        "email": st.sampled_from(["", "a@example.org", "b@example.org"]),
        "note": st.sampled_from(["", "une note", "autre"]),
        "language": st.sampled_from(["fr", "ar"]),
        "channel": st.sampled_from(["both", "none", "sms"]),
        "needs_interpreter": st.booleans(),
        "last_contact_at": st.sampled_from([NOW, NOW - DAY + dt.timedelta(microseconds=123457)]),
    }
)
RDVS = st.lists(st.tuples(st.integers(-40, 40), st.sampled_from(["unknown", "excused", "seen"])), max_size=4)


def _life(departement, site, motif, waited, agents, usager, child, rdvs, has_links):
    for agent, (hours, status) in zip(agents, rdvs, strict=False):
        start = utc(2027, 1, 11, 8) + dt.timedelta(hours=hours)
        row = make_participation(make_rdv(motif, site, [agent], start), usager, status=status)
        notices.booked(row, now=NOW)
    if has_links:
        today = NOW.date()
        Proche.objects.create(departement=departement, responsable=usager, person=child, starts_on=today)
        Referent.objects.create(departement=departement, usager=usager, agent=agents[0], starts_on=today)
        waitlist_join.join(wish=waitlist_join.Wish(usager=usager, motif=waited), author=AGENT, now=usager.created_at)


@pytest.mark.slow
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(people=st.tuples(PEOPLE, PEOPLE), rdvs=st.tuples(RDVS, RDVS), links=st.tuples(st.booleans(), st.booleans()),
       side=st.sampled_from(["kept", "other"]))  # fmt: skip
def test_a_merge_undone_leaves_every_row_as_it_was(db, people, rdvs, links, side):
    from tests.rights.world import sandbox

    with sandbox():
        here = make_departement("62")
        site = make_site(here)
        motif = make_motif(here, sites=[site])
        waited = make_motif(here, sites=[site], service=motif.service, has_waitlist=True)
        agents = [make_agent(here, site=site, services=[motif.service]) for _ in range(4)]
        child = make_usager(here)
        kept, other = (make_usager(here, created_at=NOW - n * DAY, **one) for n, one in enumerate(people))
        for usager, own, has_links in ((kept, rdvs[0], links[0]), (other, rdvs[1], links[1])):
            try:
                with sandbox():
                    _life(here, site, motif, waited, agents, usager, child, own, has_links)
            except IntegrityError:  # two Rdv of one person at one time: a shorter life
                assert len(own) > 1
        before = rows()
        choices = {line.name: side for line in compare(kept, other) if not line.is_same and not line.preset}
        try:
            fusion = merge_files(kept=kept, other=other, choices=choices, author=AGENT, now=NOW)
        except MergeRefused:
            assert rows() == before
            return
        assert rows() != before
        assert not Participation.objects.filter(usager=other).exists()
        undone = undo_merge(fusion=fusion, author=AGENT, now=NOW)
        assert (undone.fields, undone.rows) == ((), 0)
        assert rows() == before
        assert Offre.objects.count() == 0
