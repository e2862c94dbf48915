"""The people whose names the guides and the screens quote: Samira Benali and hers, namesakes, likely duplicates.

Room: management. Called by run.py for 62 only, before the crowd of people.py.
"""

from datetime import date

from agents.models import Agent
from rdv.management.seed.people import Person, Registrar
from rdv.management.seed.places import TOWNS
from rdv.management.seed.world import DAY
from usagers.models import Channel, Usager
from usagers.models.usager import name_key

LENS, LIEVIN, AVION = TOWNS["62498"], TOWNS["62510"], TOWNS["62065"]
SAMIRA_BORN = date(1994, 3, 14)

# First name and name of a child, then of the parent who answers for them, the parent's language, the town.
FAMILIES = (
    ("Tiago", "Alves", "Carla", "pt", LENS),
    ("Emma", "Roy", "Coralie", "fr", LENS),
    ("Léna", "Faure", "Mathilde", "fr", LIEVIN),
    ("Inès", "Torres", "Filipa", "fr", AVION),
    ("Moussa", "Diallo", "Mariam", "fr", LENS),
    ("Louise", "Ferrand", "Pauline", "fr", LENS),
    ("Adam", "Nowak", "Magalie", "fr", LENS),
    ("Éliott", "Lemoine", "Océane", "fr", AVION),
    ("Yanis", "Bouzid", "Imane", "ar", LENS),
    ("Maëlys", "Dupuis", "Justine", "fr", LENS),
    ("Nina", "Costa", "Sónia", "pt", LENS),
    ("Jules", "Adam", "Amandine", "fr", LENS),
    ("Mila", "Henry", "Charlotte", "fr", LENS),
    ("Sami", "Khelifi", "Wafa", "ar", LENS),
    ("Lou", "Girard", "Noémie", "fr", AVION),
    ("Zlata", "Kovalenko", "Olena", "uk", LENS),
)
MOTHERS = (
    ("Manon", "Lebrun", "fr", LENS),
    ("Rosa", "Mendes", "pt", LENS),
    ("Ana", "Silva", "pt", LIEVIN),
    ("Awa", "Koné", "fr", AVION),
    ("Éva", "Masson", "fr", LENS),
    ("Aline", "Bertin", "fr", LENS),
    ("Sofia", "Duval", "fr", LENS),
    ("Camille", "Jean", "fr", LIEVIN),
    ("Houria", "Meziane", "fr", LENS),
    ("Inès", "Roche", "fr", LENS),
)
ADULTS = (
    ("Gaspard", "Leroy", "fr", LENS),
    ("Paul", "Renard", "fr", LENS),
    ("Nora", "Slimani", "fr", LENS),
    ("Iris", "Delcourt", "fr", LENS),
    ("Denis", "Aubry", "fr", LENS),
    ("Marc", "Toussaint", "fr", LIEVIN),
)
# The same person twice, as files grow in real life: what the second file says.
DUPLICATES = (
    ("Magalie Nowak", "Magali", "Novak", True),
    ("Wafa Khelifi", "Wafa", "El Khelifi", False),
    ("Denis Aubry", "Denis", "AUBRY", False),
    ("Camille Jean", "Jean", "Camille", True),
)


def build_named(register: Registrar) -> None:
    _benali(register)
    dice = register.world.dice("named")
    for first, last, parent_first, language, town in FAMILIES:
        born = register.world.today - dice.randrange(30, 520) * DAY
        parent = register.adult(parent_first, last, town, born=_adult_birth(dice.randrange(12000)), language=language)
        child = register.child(first, parent, town, born=born)
        register.people.by_name[f"{first} {last}"] = child
        register.people.by_name[parent.full_name] = Person(parent)
    for first, last, language, town in (*MOTHERS, *ADULTS):
        usager = register.adult(first, last, town, born=_adult_birth(dice.randrange(12000)), language=language)
        register.people.by_name[f"{first} {last}"] = Person(usager)
    _contacts(register)
    for original, first, last, has_phone in DUPLICATES:
        _second_file(register, register.people.by_name[original].usager, first, last, has_phone=has_phone)


def _adult_birth(days: int) -> date:
    return date(1966, 1, 1) + days * DAY


def _benali(register: Registrar) -> None:
    """Samira, her baby Ilyes (2 months), Lina (4 years) whose parents live apart; a namesake and a likely duplicate."""
    world, people = register.world, register.people
    samira = register.adult("Samira", "Benali", LENS, born=SAMIRA_BORN, phone="+33639981240")
    samira.birth_name, samira.search_key = "Haddad", name_key("Benali", "Samira", "Haddad")
    samira.email, samira.language, samira.needs_interpreter = "samira.b@example.net", "ar", True
    samira.channel = Channel.BOTH
    ilyes = register.child("Ilyes", samira, LENS, born=world.today - 75 * DAY)
    lina = register.child("Lina", samira, LENS, born=world.today - (4 * 365 + 200) * DAY)
    father = register.adult("Mourad", "Benali", LIEVIN, born=date(1990, 9, 2), phone="+33639981266")
    register.answer_for(father, lina.usager, gets_messages=False)
    namesake = register.adult("Samira", "Benali", LIEVIN, born=date(1987, 7, 2), phone="+33639981873")
    namesake.email = ""
    lookalike = register.adult("Samira", "Ben Ali", LIEVIN, born=SAMIRA_BORN)
    lookalike.phone, lookalike.email = "", ""
    people.by_name |= {
        "Samira Benali": Person(samira),
        "Ilyes Benali": ilyes,
        "Lina Benali": lina,
        "Samira Benali (1987)": Person(namesake),
        "Samira Ben Ali": Person(lookalike),
    }


def _contacts(register: Registrar) -> None:
    """Phones quoted by the screens; one person without any, one whom only an e-mail reaches."""
    people = register.people.by_name
    for number, name in enumerate(people):
        usager = people[name].contact
        if not usager.phone and name != "Samira Ben Ali":
            usager.phone = f"+3363998{1300 + number:04d}"
    people["Rosa Mendes"].usager.phone = "+33639981610"
    people["Coralie Roy"].usager.phone = "+33639981752"
    gaspard, marc = people["Gaspard Leroy"].usager, people["Marc Toussaint"].usager
    gaspard.email = ""
    marc.phone, marc.email, marc.note = "", "", "Passe à l’accueil le mardi matin. Pas de téléphone."
    houria = people["Houria Meziane"].usager
    houria.phone, houria.email = "+33353011470", ""  # a telephone at home: somebody calls her
    nora = people["Nora Slimani"].usager
    nora.phone, nora.email = "", "nora.slimani@example.net"


def _second_file(register: Registrar, original: Usager, first: str, last: str, *, has_phone: bool) -> None:
    assert original.birth_date is not None  # noqa: S101 - everybody named has one
    twin = register.adult(first, last, LIEVIN, born=original.birth_date)
    twin.phone, twin.email = (original.phone if has_phone else ""), ""


def refer_named(register: Registrar, agents: dict[str, Agent], names: dict[str, str]) -> None:
    """`names`: usager's name -> référent's name."""
    for name, agent in names.items():
        if agent in agents:
            person = register.people.by_name[name]
            register.refer(person.usager, agents[agent])
            register.people.join("followed", agent, person)
