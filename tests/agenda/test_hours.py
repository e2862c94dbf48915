"""An Rdv dropped elsewhere or made longer: what is said before, what is refused, what a second person learns."""

import datetime as dt
import html as html_module
import re
from contextlib import nullcontext

import pytest

from agents.models import Fermeture
from notifications.models import Message
from rdv.core.journal import Author, Evenement
from rdv.models import Occupation, Rdv
from rdv.services.closures import closure_over
from rdv.services.errors import CreneauUnavailable
from rdv.services.moving import Move, move_rdv
from rdv.services.texts import News
from tests.factories import make_agent, make_motif, make_ouverture, make_rdv, utc

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}
NINE = utc(2027, 1, 14, 8)  # 9:00 in Paris


@pytest.fixture
def taken(house, person):
    """Claire's Thursday morning, 8:30-12:30, with Éva at 9:00 and Noé at 10:00. Karim has the same hours."""
    for agent in (house.claire, house.karim):
        make_ouverture(agent, [house.motif], utc(2027, 1, 14, 7, 30), utc(2027, 1, 14, 11, 30), site=house.site)
    eva = person("Éva", "Masson", phone="+33639980011")
    make_rdv(house.motif, house.site, [house.claire], utc(2027, 1, 14, 9), usagers=[person("Noé", "Prat")])
    return make_rdv(house.motif, house.site, [house.claire], NINE, usagers=[eva])


def asked(hour="11:00", ends="11:30", **more):
    return {"day": "2027-01-14", "hour": hour, "ends": ends} | more


def url(rdv):
    return f"/agents/rdv/{rdv.uuid}/horaires/"


def words(response):
    text = re.sub(r"<(script|svg).*?</\1>", " ", response.content.decode(), flags=re.S)
    return " ".join(html_module.unescape(re.sub(r"<[^>]+>", " ", text)).replace("\u00a0", " ").split())


def sent(client, rdv, **fields):
    data = asked(**fields) | {"version": fields.get("version", rdv.schedule_version)}
    return client.post(url(rdv), data, headers=HX)


def now_of(rdv):
    rdv = Rdv.objects.get(pk=rdv.pk)
    return rdv.starts_at, rdv.ends_at, sorted(rdv.agents.values_list("last_name", flat=True))


def test_the_drop_says_what_changes_and_who_is_told(house, taken, client_of):
    text = words(client_of("claire").get(url(taken), asked(), headers=HX))
    assert "Avant Jeudi 14 janvier 2027, 9:00 à 9:30, Claire Vasseur" in text
    assert "Après Jeudi 14 janvier 2027, 11:00 à 11:30" in text
    assert "Un message part dans 2 minutes, avec l’ancienne et la nouvelle heure" in text
    assert "SMS au 06 39 98 00 11" in text
    assert "Déplacer au jeu. 14 janv., 11:00" in text
    assert now_of(taken)[0] == NINE, "nothing is written before the button"


def test_confirmed_it_moves_tells_and_is_journalled_once(house, taken, client_of):
    client = client_of("claire")
    response = sent(client, taken)
    assert (response.status_code, response["HX-Refresh"]) == (204, "true")
    assert now_of(taken) == (utc(2027, 1, 14, 10), utc(2027, 1, 14, 10, 30), ["Vasseur"])
    assert sent(client, taken).status_code == 204  # the same click, sent twice
    assert Evenement.objects.about("rdv", taken.uuid).filter(kind="rdv.moved").count() == 1
    told = Message.objects.filter(subject_type="participation", kind=News.MOVED)
    assert sorted(told.values_list("channel", flat=True)) == ["email", "sms"]


def test_longer_is_no_news_for_the_person(house, taken, client_of):
    client = client_of("claire")
    text = words(client.get(url(taken), asked("09:00", "09:45"), headers=HX))
    assert "Aucun : l’heure de début et le lieu ne changent pas pour la personne." in text
    assert "Finir à 9:45" in text
    assert sent(client, taken, hour="09:00", ends="09:45").status_code == 204
    assert now_of(taken)[:2] == (NINE, utc(2027, 1, 14, 8, 45))
    assert not Message.objects.filter(subject_type="participation", kind=News.MOVED).exists()
    row = Occupation.objects.get(rdv=taken)
    assert (row.starts_at, row.ends_at, row.is_blocking) == (NINE, utc(2027, 1, 14, 8, 45), True)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"hour": "10:15", "ends": "10:45"}, "Claire Vasseur a déjà quelque chose de 10:00 à 10:30."),
        ({"hour": "09:00", "ends": "10:15"}, "Claire Vasseur a déjà quelque chose de 10:00 à 10:30."),
        ({"hour": "15:00", "ends": "15:30"}, "Claire Vasseur n’a pas d’ouverture pour « Pesée »"),
        ({"hour": "15:00", "ends": "15:50"}, "Claire Vasseur n’a pas d’ouverture pour « Pesée »"),
        ({"day": "2027-01-11"}, "Cette heure est passée."),
        ({"hour": "11:00", "ends": "10:00"}, "La fin doit venir après le début."),
    ],
)
def test_a_conflict_is_refused_in_clear_words(house, taken, client_of, fields, said):
    client = client_of("claire")
    assert said in words(client.get(url(taken), asked() | fields, headers=HX))
    refused = client.post(url(taken), asked() | fields | {"version": 0}, headers=HX)
    assert refused.status_code == 409
    assert said in words(refused)
    assert now_of(taken) == (NINE, utc(2027, 1, 14, 8, 30), ["Vasseur"])


def test_over_taken_time_only_with_a_reason_kept_in_the_journal(house, taken, client_of):
    response = sent(client_of("claire"), taken, hour="10:15", ends="10:45", reason="Urgence du matin")
    assert response.status_code == 204
    rdv = Rdv.objects.get(pk=taken.pk)
    assert rdv.is_overbooked
    event = Evenement.objects.about("rdv", taken.uuid).get(kind="rdv.moved")
    assert event.data["overbooked"] == "Urgence du matin"


def test_a_reason_over_free_time_makes_no_double(house, taken, client_of):
    assert sent(client_of("claire"), taken, reason="pour rien").status_code == 204
    assert not Rdv.objects.get(pk=taken.pk).is_overbooked


def test_to_a_colleague_of_the_service_and_only_there(house, taken, client_of):
    client = client_of("claire")
    to = {"who": f"{house.site.pk}:{house.karim.pk}", "hour": "09:00", "ends": "09:30"}
    assert "Confier à Karim Haddad" in words(client.get(url(taken), asked() | to, headers=HX))
    other = {"who": f"{house.site.pk}:{house.sonia.pk}"}
    refused = client.post(url(taken), asked() | other | {"version": 0}, headers=HX)
    assert refused.status_code == 409
    assert "Sonia Petit ne reçoit pas pour le service" in words(refused)
    away = {"who": f"{house.site.pk}:{house.away.pk}", "reason": "si"}
    refused = client.post(url(taken), asked() | away, headers=HX)
    assert (refused.status_code, now_of(taken)[2]) == (422, ["Vasseur"])
    assert "Cette personne ne reçoit pas à MDS du Canal." in words(refused)
    assert client.post(url(taken), asked() | to | {"version": 0}, headers=HX).status_code == 204
    assert now_of(taken) == (NINE, utc(2027, 1, 14, 8, 30), ["Haddad"])


def test_the_road_to_the_next_visit_is_asked_too(house, week, client_of):
    """Rosa in Liévin until 15:25, Awa in Avion at 15:30: five minutes are not enough, and the sentence says so."""
    make_ouverture(house.claire, [house.home], utc(2027, 1, 12, 12), utc(2027, 1, 12, 17), site=house.site)
    data = {"day": "2027-01-12", "hour": "14:25", "ends": "15:25", "version": 0}
    refused = client_of("claire").post(url(week.home), data, headers=HX)
    assert refused.status_code == 409
    assert "le trajet n’y tient pas. Rien n’a changé." in words(refused)
    assert Rdv.objects.get(pk=week.home.pk).starts_at == utc(2027, 1, 12, 13)


def test_a_binome_keeps_its_people(house, taken, person, client_of):
    pair = make_motif(house.departement, sites=[house.site], service=house.pmi, name="À deux", agents_needed=2)
    rdv = make_rdv(pair, house.site, [house.claire, house.karim], utc(2027, 1, 14, 10), usagers=[person("Lou", "Roi")])
    to = {"who": f"{house.site.pk}:{house.karim.pk}", "version": 0}
    refused = client_of("claire").post(url(rdv), asked() | to, headers=HX)
    assert refused.status_code == 422
    assert "se fait à plusieurs" in words(refused)


def test_one_of_a_binome_is_replaced_and_the_other_stays(house, taken, person, client_of):
    pair = make_motif(house.departement, sites=[house.site], service=house.pmi, name="À deux", agents_needed=2)
    lea = make_agent(site=house.site, services=[house.pmi], first_name="Léa", last_name="Roussel")
    for agent in (house.claire, house.karim, lea):
        make_ouverture(agent, [pair], utc(2027, 1, 15, 8), utc(2027, 1, 15, 11), site=house.site)
    rdv = make_rdv(pair, house.site, [house.claire, house.karim], utc(2027, 1, 15, 9), usagers=[person("Lou", "Roi")])
    client, hours = client_of("claire"), {"day": "2027-01-15", "hour": "10:00", "ends": "10:30"}
    page = client.get(url(rdv)).content.decode()
    assert 'label="À la place de Karim Haddad"' in page
    to = {"swap": f"{house.karim.pk}:{lea.pk}"}
    shown = client.get(url(rdv), hours | to, headers=HX)
    assert "Confier à Claire Vasseur, Léa Roussel" in words(shown)
    assert f'name="swap" value="{to["swap"]}"' in shown.content.decode()
    assert client.post(url(rdv), hours | to | {"version": 0}, headers=HX).status_code == 204
    assert now_of(rdv) == (utc(2027, 1, 15, 9), utc(2027, 1, 15, 9, 30), ["Roussel", "Vasseur"])
    assert sorted(Occupation.objects.filter(rdv=rdv).values_list("agent__last_name", flat=True)) == [
        "Roussel",
        "Vasseur",
    ]
    assert client.post(url(rdv), hours | to | {"version": 0}, headers=HX).status_code == 204, (
        "the same form, sent twice"
    )
    assert Evenement.objects.about("rdv", rdv.uuid).filter(kind="rdv.moved").count() == 1
    wrong = {"swap": f"{house.karim.pk}:{house.sonia.pk}"}
    assert client.post(url(rdv), hours | wrong | {"version": 1}, headers=HX).status_code == 422, "he is not in it now"
    nobody = {"swap": f"{house.claire.pk}:{house.sonia.pk}", "reason": "si"}
    refused = client.post(url(rdv), hours | nobody | {"version": 1}, headers=HX)
    assert refused.status_code == 409
    assert "Sonia Petit ne reçoit pas pour le service" in words(refused)
    back = {"day": "2027-01-15", "hour": "11:00", "swap": f"{lea.pk}:{house.karim.pk}"}
    asked_page = client.get(f"/agents/rdv/{rdv.uuid}/deplacer/", back)
    value = re.search(r'name="creneau" value="([^"]+)"', asked_page.content.decode())[1]
    moved = client.post(f"/agents/rdv/{rdv.uuid}/deplacer/", {"creneau": value, "version": 1})
    assert moved.status_code == 302
    assert now_of(rdv) == (utc(2027, 1, 15, 10), utc(2027, 1, 15, 10, 30), ["Haddad", "Vasseur"])


def test_the_second_person_is_told_what_changed_and_loses_nothing(house, taken, client_of):
    seen = taken.schedule_version
    move = Move(starts_at=utc(2027, 1, 14, 9, 30), agents=[house.claire.pk], ends_at=utc(2027, 1, 14, 10))
    author = Author("agent", house.karim.pk, "Karim Haddad", "agent")
    move_rdv(rdv=taken, move=move, author=author, now=house.now + dt.timedelta(minutes=1))
    client = client_of("claire")
    late = client.get(url(taken), asked() | {"version": seen}, headers=HX)
    assert "Ce rendez-vous a changé entre-temps. Karim Haddad a déplacé" in words(late)
    refused = client.post(url(taken), asked() | {"version": seen}, headers=HX)
    assert refused.status_code == 409
    text = words(refused)
    assert "Karim Haddad a déplacé : jeu. 14 janv., 9:00 → jeu. 14 janv., 10:30" in text
    assert "Votre choix est gardé ci-dessous." in text
    version = re.search(r'name="version" value="(\d+)"', refused.content.decode()).group(1)
    assert sent(client, taken, version=version).status_code == 204
    assert now_of(taken)[0] == utc(2027, 1, 14, 10)


def test_the_page_does_the_same_without_a_mouse(house, taken, client_of):
    client = client_of("claire")
    page = client.get(url(taken))
    assert 'value="09:00"' in page.content.decode()
    assert "Ce qui change" in words(client.get(url(taken), asked()))
    back = f"2027-01-14.jour.{house.claire.pk}"
    done = client.post(url(taken), asked() | {"version": 0, "retour": back})
    assert done["Location"] == f"/agents/agenda/?date=2027-01-14&vue=jour&agent={house.claire.pk}#ici"
    assert client.get(url(taken), {"day": "2027-01-14", "hour": "", "ends": "10:00"}).status_code == 422


@pytest.mark.parametrize(
    ("name", "status"), [("karim", 200), ("secretary", 200), ("sonia", 404), ("away", 404), ("stranger", 404)]
)
def test_who_may(house, taken, client_of, name, status):
    client = client_of(name)
    assert client.get(url(taken), asked(), headers=HX).status_code == status
    if status == 404:
        assert sent(client, taken).status_code == 404
        assert now_of(taken)[0] == NINE


def test_a_begun_or_cancelled_rdv_does_not_move(house, week, client_of):
    assert "il ne se déplace plus" in words(client_of("claire").get(url(week.seen), asked(), headers=HX))


def test_the_grid_gives_a_handle_only_where_one_may_write(house, week, client_of):
    def handles(name):
        query = {"date": "2027-01-14", "vue": "semaine", "agent": house.claire.pk}
        html = client_of(name).get("/agents/agenda/", query).content.decode()
        return set(re.findall(r'data-rdv="([0-9a-f-]+)"', html)), html

    own, html = handles("claire")
    assert str(week.phone.uuid) in own
    assert str(week.secret.uuid) in own
    assert str(week.seen.uuid) not in own  # past
    assert "data-plage=" in html
    colleague, html = handles("karim")
    assert str(week.phone.uuid) in colleague
    assert str(week.secret.uuid) not in colleague
    assert "data-plage=" not in html
    assert handles("sonia")[0] == set()


def closed(house, *, site=True):
    Fermeture.objects.create(
        departement=house.departement,
        site=house.site if site else None,
        starts_on=dt.date(2027, 1, 14),
        ends_on=dt.date(2027, 1, 15),
        label="Travaux",
    )


@pytest.mark.parametrize("ends", ["11:30", "11:50"], ids=["as long", "longer"])
@pytest.mark.parametrize("site", [True, False], ids=["site", "departement"])
def test_on_a_closed_day_only_with_a_reason_which_is_kept(house, taken, client_of, ends, site):
    """Another day, dropped onto Thursday: closed since the opening was made."""
    make_ouverture(house.claire, [house.motif], utc(2027, 1, 13, 7, 30), utc(2027, 1, 13, 11, 30), site=house.site)
    move = Move(starts_at=utc(2027, 1, 13, 8), agents=[house.claire.pk])
    move_rdv(rdv=taken, move=move, author=Author("agent", 1, "Claire"), now=house.now)
    closed(house, site=site)
    client, to = client_of("claire"), {"hour": "11:00", "ends": ends}
    said = "MDS du Canal est fermé jeudi 14 janvier : Travaux." if site else "Le département est fermé jeudi 14 janvier"
    text = words(client.get(url(taken), asked() | to, headers=HX))
    assert said in text
    assert "Placer quand même" in text
    refused = client.post(url(taken), asked() | to | {"version": 1}, headers=HX)
    assert refused.status_code == 409
    assert said in words(refused)
    assert now_of(taken)[0] == utc(2027, 1, 13, 8)
    assert client.post(url(taken), asked() | to | {"version": 1, "reason": "Urgence"}, headers=HX).status_code == 204
    event = Evenement.objects.about("rdv", taken.uuid).filter(kind="rdv.moved").latest("id")
    assert event.data["overbooked"] == "Urgence"


def test_what_is_there_already_may_end_later_on_a_closed_day(house, taken, client_of):
    closed(house)
    client = client_of("claire")
    assert "MDS du Canal est fermé" in words(client.get(url(taken), asked("09:00", "09:45"), headers=HX))
    assert sent(client, taken, hour="09:00", ends="09:45").status_code == 204
    assert now_of(taken)[1] == utc(2027, 1, 14, 8, 45)


def test_a_session_and_a_longer_rdv_do_not_move_to_a_closed_day_from_the_page_either(house, taken, person):
    author = Author("agent", house.claire.pk, "Claire")
    session = make_motif(house.departement, sites=[house.site], service=house.pmi, is_collective=True, capacity=4)
    rows = [
        make_rdv(session, house.site, [house.claire], utc(2027, 1, 13, 8)),
        make_rdv(house.motif, house.site, [house.claire], utc(2027, 1, 13, 9), minutes=50),
    ]
    closed(house)
    for rdv in rows:
        for reason, raises in (("", True), ("Urgence", False)):
            move = Move(starts_at=utc(2027, 1, 15, 12), overbook_reason=reason)
            with pytest.raises(CreneauUnavailable) if raises else nullcontext():
                move_rdv(rdv=rdv, move=move, author=author, now=house.now)
        assert now_of(rdv)[0] == utc(2027, 1, 15, 12)


def test_the_closure_of_a_site_says_nothing_of_a_visit(house, week):
    closed(house)
    assert closure_over(house.home, house.site, utc(2027, 1, 14, 8), utc(2027, 1, 14, 9)) is None
    assert closure_over(house.motif, house.site, utc(2027, 1, 14, 8), utc(2027, 1, 14, 9)).label == "Travaux"
    assert closure_over(house.motif, house.site, utc(2027, 1, 16, 8), utc(2027, 1, 16, 9)) is None
