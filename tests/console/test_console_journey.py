"""The secretary's call, by plain GET and POST: no script anywhere in this file."""

import datetime as dt
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

from rdv.core import clock
from rdv.models import Evenement, Occupation, Option, Origin, Participation, Rdv
from rdv.services.booking import Booking, book_option
from rdv.services.holding import hold_creneau
from rdv.services.questions import EVERYBODY
from tests.console.conftest import value_of
from tests.factories import NOW, make_motif, make_participation, make_rdv, make_usager, utc
from tests.rdv.conftest import USAGER
from usagers.models import Proche, Usager

ACCUEIL = "/agents/accueil/"


def state(desk, **more):
    return {"usager": str(desk.samira.uuid), "pour": str(desk.ilyes.uuid), "motif": str(desk.motif.uuid)} | more


def query(response):
    return {key: values[0] for key, values in parse_qs(urlsplit(response.url).query).items()}


def hold(desk, starts_at=None, **more):
    value = value_of(starts_at or desk.nine, desk.canal, desk.claire)
    return desk.client.post(reverse("rdv:console_hold"), state(desk, creneau=value) | more)


def confirm(desk, token, **more):
    data = state(desk, option=token, wants_sms="on", note="Vient avec la grand-mère") | more
    return desk.client.post(reverse("rdv:console_confirm"), data)


def text(response):
    return re.sub(r"\s+", " ", re.sub("</?mark>", "", response.content.decode()))


def test_the_search_forgives_order_and_numbers_each_file(desk):
    for q in ("benali sam", "samira", "06 39 98 12 40", "14/03/1994"):
        page = text(desk.client.get(ACCUEIL, {"q": q}))
        assert "Samira" in page
        assert "1 trouvée." in page or "2 trouvées." in page
        assert str(desk.samira.uuid) in page


def test_a_search_that_finds_nobody_shows_files_that_are_near_then_a_new_one(desk):
    page = text(desk.client.get(ACCUEIL, {"q": "bennali samira"}))
    assert "Personne à ce nom ou à ce numéro." in page
    assert "nom très proche" in page
    assert "Nouvelle personne" in page


def test_the_whole_call_books_the_child_and_measures_it(desk, now):
    page = desk.client.get(ACCUEIL, {"q": "benali sam"})
    opened = re.search(r"ouvert=(\d+)", page.content.decode()).group(1)
    now.shift(30)
    person = desk.client.get(ACCUEIL, {"usager": desk.samira.uuid, "ouvert": opened})
    assert "lundi 14" in text(person).replace("\xa0", " ")  # the weekday of the birth date
    motifs = text(desk.client.get(ACCUEIL, state(desk, motif="", m="nourr", ouvert=opened)))
    assert "mardi 5" in motifs.replace("\xa0", " ")
    assert "première heure libre" in motifs
    held = query(hold(desk, ouvert=opened))
    now.shift(10)
    shown = text(desk.client.get(ACCUEIL, state(desk, option=held["option"], ouvert=opened)))
    assert "Place tenue jusqu’à 8:10" in shown
    assert "Apportez : le carnet de santé et la carte Vitale." in shown
    done = confirm(desk, held["option"], ouvert=opened)
    rdv = Rdv.objects.get(uuid=query(done)["fait"])
    participation = rdv.participations.get()
    assert (participation.usager, participation.responsable) == (desk.ilyes, desk.samira)
    assert (rdv.starts_at, rdv.origin, rdv.booking_seconds) == (desk.nine, Origin.PHONE, 40)
    assert rdv.context == "Vient avec la grand-mère"
    assert participation.wants_sms
    assert not participation.wants_email
    after = text(desk.client.get(done.url))
    assert "Rendez-vous noté" in after
    assert "Défaire (jusqu’à 8:02)" in after


def test_the_same_confirmation_sent_twice_is_one_rdv(desk):
    token = query(hold(desk))["option"]
    first, second = confirm(desk, token), confirm(desk, token)
    assert query(first)["fait"] == query(second)["fait"]
    assert Rdv.objects.count() == Participation.objects.count() == 1


def test_the_same_hold_sent_twice_is_one_hold(desk):
    opened = str(int(NOW.timestamp()))
    first, second = hold(desk, ouvert=opened), hold(desk, ouvert=opened)
    assert query(first)["option"] == query(second)["option"]
    assert Option.objects.count() == 1


def test_another_hour_takes_the_place_of_the_one_held(desk):
    token = query(hold(desk))["option"]
    later = hold(desk, utc(2027, 1, 5, 8, 30), option=token)
    assert Option.objects.get().token.hex == query(later)["option"].replace("-", "")
    assert Option.objects.get().starts_at == utc(2027, 1, 5, 8, 30)


def test_an_hour_that_meets_the_one_held_is_taken_all_the_same(desk):
    """9:00 held until 9:30; 9:15 fits too once 9:00 is let go."""
    token = query(hold(desk))["option"]
    assert hold(desk, utc(2027, 1, 5, 8, 15), option=token).status_code == 302
    assert Option.objects.get().starts_at == utc(2027, 1, 5, 8, 15)


def take_first(desk, starts_at=None):
    """Somebody on the web is faster."""
    option = hold_creneau(
        motif=desk.motif,
        site=desk.canal,
        starts_at=starts_at or desk.nine,
        agents=EVERYBODY,
        author=USAGER,
        opened_at=clock.now(),
        now=clock.now(),
    )
    usager = make_usager(desk.departement)
    return book_option(
        token=option.token, booking=Booking(usager=usager, origin=Origin.WEB), author=USAGER, now=clock.now()
    )


def test_an_hour_taken_in_between_is_said_in_place_with_the_nearest_numbered(desk):
    desk.motif.min_notice_min = 0
    desk.motif.save()
    take_first(desk)
    response = hold(desk)
    assert response.status_code == 409
    page = text(response).replace("\xa0", " ")
    assert "mar. 5 janv., 9:00 : prise à l’instant." in page
    assert "<kbd>1</kbd> mar. 5 janv., 9:30" in page
    nearest = value_of(utc(2027, 1, 5, 8, 30), desk.canal, desk.claire)
    assert re.search(rf'value="{nearest}"\s+data-number="1"', page)
    assert "Consultation nourrisson" in page  # everything else is kept
    assert "Ilyes" in page


def test_the_fragment_of_a_refusal_is_the_region_of_the_whole_page(desk):
    desk.motif.min_notice_min = 0
    desk.motif.save()
    take_first(desk)
    whole = hold(desk).content.decode()
    headers = {"HX-Request": "true", "HX-Target": "console"}
    value = value_of(desk.nine, desk.canal, desk.claire)
    fragment = desk.client.post(reverse("rdv:console_hold"), state(desk, creneau=value), headers=headers)
    assert fragment.status_code == 409
    piece = re.sub(r'value="\w{64}"', "", fragment.content.decode()).strip()  # the form's own CSRF token
    assert piece.startswith('<div class="acc" id="console"')
    assert piece in re.sub(r'value="\w{64}"', "", whole)
    assert fragment["HX-Push-Url"].startswith(ACCUEIL)


def test_a_hold_that_died_is_confirmed_while_nobody_took_the_hour(desk, now):
    token = query(hold(desk))["option"]
    now.shift(dt.timedelta(minutes=11))
    page = text(desk.client.get(ACCUEIL, state(desk, option=token)))
    assert "La place n’est plus tenue." in page
    assert "fait" in query(confirm(desk, token))


def test_a_hold_that_died_and_was_lost_keeps_the_note(desk, now):
    desk.motif.min_notice_min = 0
    desk.motif.save()
    token = query(hold(desk))["option"]
    now.shift(dt.timedelta(minutes=11))
    take_first(desk)
    response = confirm(desk, token)
    assert response.status_code == 409
    assert "prise à l’instant" in text(response)
    assert Rdv.objects.count() == 1
    again = query(hold(desk, utc(2027, 1, 5, 9)))["option"]
    assert "Vient avec la grand-mère" in text(desk.client.get(ACCUEIL, state(desk, option=again)))


def test_more_time_is_given_once_and_the_note_stays(desk, now):
    token = query(hold(desk))["option"]
    data = state(desk, option=token, note="à garder")
    desk.client.post(reverse("rdv:console_more_time"), data)
    assert Option.objects.get().expires_at == NOW + dt.timedelta(minutes=20)
    page = text(desk.client.get(ACCUEIL, state(desk, option=token)))
    assert "à garder" in page
    assert "Plus de temps" not in page
    assert desk.client.post(reverse("rdv:console_more_time"), data).status_code == 409


def test_one_step_back_frees_the_hour_and_keeps_the_rest(desk):
    token = query(hold(desk))["option"]
    answer = query(desk.client.post(reverse("rdv:console_let_go"), state(desk, option=token)))
    assert not Option.objects.exists()
    assert (answer["usager"], answer["motif"]) == (str(desk.samira.uuid), str(desk.motif.uuid))
    assert "option" not in answer


def test_the_undo_frees_the_hour_for_two_minutes_only(desk, now):
    fait = query(confirm(desk, query(hold(desk))["option"]))["fait"]
    now.shift(119)
    desk.client.post(reverse("rdv:console_undo"), state(desk, fait=fait))
    assert Participation.objects.get().status == "revoked"
    assert not Occupation.objects.exists()
    fait = query(confirm(desk, query(hold(desk))["option"]))["fait"]
    now.shift(121)
    desk.client.post(reverse("rdv:console_undo"), state(desk, fait=fait))
    assert Rdv.objects.get(uuid=fait).participations.get().status == "unknown"


def test_a_person_in_two_places_is_said_then_done_knowingly(desk):
    make_rdv(desk.motif, desk.tilleuls, [desk.paul], desk.nine, usagers=[desk.ilyes])
    token = query(hold(desk))["option"]
    shown = text(desk.client.get(ACCUEIL, state(desk, option=token)))
    assert "Même jour :" in shown
    refused = confirm(desk, token)
    assert refused.status_code == 409
    assert "a déjà un rendez-vous à cette heure" in text(refused)
    assert 'name="may_overlap"' in text(refused)
    assert "fait" in query(confirm(desk, token, may_overlap="on"))


def test_nobody_is_booked_before_a_person_is_chosen(desk):
    token = query(hold(desk, usager="", pour=""))["option"]
    response = confirm(desk, token, usager="", pour="")
    assert response.status_code == 422
    assert "Choisissez la personne avant de confirmer." in text(response)
    assert not Rdv.objects.exists()


def test_filters_by_moment_site_agent_and_day(desk):
    def hours(**more):
        return re.findall(
            r'name="creneau" id="c(\d+)_(\d+)_', desk.client.get(ACCUEIL, state(desk, **more)).content.decode()
        )

    assert len(hours()) == 8  # four of each: a cell shows its first four hours
    assert {site for _, site in hours(moment="matin")} == {str(desk.canal.pk)}
    assert {site for _, site in hours(moment="apres-midi")} == {str(desk.tilleuls.pk)}
    assert {site for _, site in hours(site=desk.tilleuls.slug)} == {str(desk.tilleuls.pk)}
    assert len(hours(agent=desk.claire.pk)) == 6  # all of them once one professional is asked for
    nothing = desk.client.get(ACCUEIL, state(desk, depuis="2027-02-01"))
    assert "Aucune heure libre d’ici au" in text(nothing)
    assert "Aucune ouverture pour ce motif sur cette période." in text(nothing)
    assert "Chercher dès aujourd’hui" in text(nothing)
    assert "Chercher dès aujourd’hui" in text(nothing)


def test_the_referent_comes_first_when_asked(desk):
    page = desk.client.get(ACCUEIL, state(desk, ordre="referent", moment="journee")).content.decode()
    first = re.search(r'value="(\d+_\d+_\d+)"\s+data-number="1"', page).group(1)
    assert first == value_of(desk.nine, desk.canal, desk.claire)


def test_nine_numbers_at_the_most_two_in_a_cell(desk):
    page = desk.client.get(ACCUEIL, state(desk)).content.decode()
    tableau = page[page.index('<table class="mx"') : page.index("</table>")]
    assert sorted(re.findall(r'data-number="(\d)"', tableau)) == ["1", "2", "3", "4"]


def test_a_new_person_is_prefilled_shown_near_files_then_made_once(desk):
    page = text(desk.client.get(ACCUEIL, {"q": "diallo aminata 0639984417", "etape": "nouveau"}))
    assert 'value="Diallo"' in page
    assert 'value="Aminata"' in page
    assert 'value="0639984417"' in page
    data = {
        "q": "diallo",
        "last_name": "Benali",
        "first_name": "Samirra",
        "birth_date": "14031994",
        "language": "fr",
        "channel": "both",
    }
    warned = desk.client.post(reverse("rdv:console_new_person"), data)
    assert warned.status_code == 200
    assert "ressemble à cette personne" in text(warned)
    assert "= lundi 14 mars 1994" in text(warned).replace("\xa0", " ")
    assert Usager.objects.count() == 2
    seen = re.findall(r'name="vues" value="([^"]+)"', warned.content.decode())
    made = desk.client.post(reverse("rdv:console_new_person"), data | {"vues": seen})
    new = Usager.objects.get(uuid=query(made)["usager"])
    assert (new.phone, new.email) == ("", "")  # nobody is refused for lack of a phone
    again = desk.client.post(reverse("rdv:console_new_person"), data | {"vues": seen})
    assert again.status_code == 200  # the file just made looks like it: shown, not doubled
    assert Usager.objects.count() == 3


def test_a_new_person_says_what_is_missing_and_keeps_what_was_typed(desk):
    response = desk.client.post(
        reverse("rdv:console_new_person"), {"last_name": "Diallo", "birth_date": "31/02/1998", "phone": "06 39 98"}
    )
    page = text(response)
    assert response.status_code == 422
    for words in (
        "Écrivez le prénom.",
        "Il manque 4",
        "Écrivez la date avec le jour",
        'value="Diallo"',
        'value="06 39 98"',
    ):
        assert words in page


def test_a_child_is_added_during_the_call_once(desk):
    data = state(desk, first_name="Lina", last_name="Benali", birth_date="14052022", kind="child", gets_messages="on")
    first = desk.client.post(reverse("rdv:console_new_proche"), data)
    second = desk.client.post(reverse("rdv:console_new_proche"), data)
    assert query(first)["pour"] == query(second)["pour"]
    assert Proche.objects.filter(responsable=desk.samira).count() == 2


def workshop(desk):
    motif = make_motif(
        desk.departement,
        sites=[desk.canal],
        service=desk.pmi,
        name="Atelier massage bébé",
        is_collective=True,
        capacity=2,
    )
    return motif, make_rdv(motif, desk.canal, [desk.claire], utc(2027, 1, 7, 9), title="Massage", minutes=60)


def test_a_seat_of_a_workshop_is_held_then_taken(desk):
    motif, atelier = workshop(desk)
    where = state(desk, motif=str(motif.uuid))
    assert "2 places" in text(desk.client.get(ACCUEIL, where))
    held = desk.client.post(reverse("rdv:console_hold"), where | {"atelier": str(atelier.uuid)})
    token = query(held)["option"]
    assert "Place tenue" in text(desk.client.get(ACCUEIL, where | {"option": token}))
    done = desk.client.post(reverse("rdv:console_confirm"), where | {"option": token, "note": ""})
    assert query(done)["fait"] == str(atelier.uuid)
    assert atelier.participations.get().usager == desk.ilyes


def test_a_full_workshop_is_said_not_hidden(desk):
    motif, atelier = workshop(desk)
    for _ in range(2):
        make_participation(atelier, make_usager(desk.departement))
    page = text(desk.client.get(ACCUEIL, state(desk, motif=str(motif.uuid))))
    assert "Complet" in page
    answer = desk.client.post(
        reverse("rdv:console_hold"), state(desk, motif=str(motif.uuid), atelier=str(atelier.uuid))
    )
    assert answer.status_code == 409


def test_placing_over_taken_time_asks_why_and_is_done_once(desk):
    make_rdv(desk.motif, desk.canal, [desk.claire], desk.nine, usagers=[make_usager(desk.departement)])
    data = state(desk, with_0=f"{desk.canal.pk}:{desk.claire.pk}", day="2027-01-05", hour="09:00", note="")
    missing = desk.client.post(reverse("rdv:console_place"), data)
    assert missing.status_code == 422
    assert "Dites pourquoi" in text(missing)
    done = desk.client.post(reverse("rdv:console_place"), data | {"reason": "urgence"})
    rdv = Rdv.objects.get(uuid=query(done)["fait"])
    assert rdv.is_overbooked
    assert Evenement.objects.filter(kind="rdv.booked", data__overbooked="urgence").count() == 1
    again = desk.client.post(reverse("rdv:console_place"), data | {"reason": "urgence"})
    assert query(again)["fait"] == str(rdv.uuid)
    assert Rdv.objects.filter(is_overbooked=True).count() == 1


@pytest.mark.parametrize("bad", ["x", "1_2", "99999999999999_1_1", "1_1_", "1_2_3-4-5-6-7-8-9-10", "-1_2_3"])
def test_a_forged_hour_is_asked_again(desk, bad):
    response = desk.client.post(reverse("rdv:console_hold"), state(desk, creneau=bad))
    assert response.status_code == 422
    assert "Choisissez une heure dans le tableau." in text(response)


@pytest.mark.parametrize("ouvert", ["0", "99999999999", "abc", ""])
def test_a_forged_beginning_measures_nothing(desk, ouvert):
    token = query(hold(desk, ouvert=ouvert))["option"]
    rdv = Rdv.objects.get(uuid=query(confirm(desk, token, ouvert=ouvert))["fait"])
    assert rdv.booking_seconds == 0


def test_the_address_of_a_gesture_leads_back(desk):
    for name in ("hold", "confirm", "let_go", "more_time", "undo", "place", "new_person", "new_proche"):
        assert desk.client.get(reverse(f"rdv:console_{name}")).url == ACCUEIL
