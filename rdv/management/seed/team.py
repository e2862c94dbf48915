"""Who works there: the invented professionals of the two departements.

Room: management. Plain data, read by institution.py; what each opens is in rhythms.py, by `duty`.
"""

from dataclasses import dataclass

from agents.models import Role


@dataclass(frozen=True, slots=True)
class AgentSeed:
    """`posts`: the sites, the main one first. `account`: the role shown in the list of accounts, '' for none."""

    first_name: str
    last_name: str
    profession: str
    services: tuple[str, ...]
    posts: tuple[str, ...]
    duty: str = ""
    role: str = Role.AGENT
    shows_name: bool = True
    leaves_in_weeks: int | None = None
    account: str = ""

    @property
    def key(self) -> str:
        return f"{self.first_name} {self.last_name}"


def _nurse(first: str, last: str, *posts: str, shows_name: bool = True, account: str = "") -> AgentSeed:
    return AgentSeed(
        first, last, "puéricultrice", ("pmi",), posts, duty="nurse", shows_name=shows_name, account=account
    )


def _doctor(first: str, last: str, *posts: str) -> AgentSeed:
    return AgentSeed(first, last, "médecin de PMI", ("pmi",), posts, duty="doctor")


def _midwife(first: str, last: str, *posts: str) -> AgentSeed:
    return AgentSeed(first, last, "sage-femme", ("pmi",), posts, duty="midwife")


def _social(
    first: str,
    last: str,
    *posts: str,
    profession: str = "assistante sociale",
    shows_name: bool = True,
    leaves_in_weeks: int | None = None,
) -> AgentSeed:
    return AgentSeed(
        first,
        last,
        profession,
        ("ssl",),
        posts,
        duty="social",
        shows_name=shows_name,
        leaves_in_weeks=leaves_in_weeks,
    )


def _budget(first: str, last: str, *posts: str) -> AgentSeed:
    trade = "conseillère en économie sociale et familiale"
    return AgentSeed(first, last, trade, ("surendettement", "ssl"), posts, duty="budget")


def _child(first: str, last: str, *posts: str, profession: str = "éducatrice spécialisée") -> AgentSeed:
    return AgentSeed(first, last, profession, ("ase",), posts, duty="child", shows_name=False)


def _secretary(first: str, last: str, *posts: str, account: str = "") -> AgentSeed:
    services = ("pmi", "ssl", "surendettement")
    return AgentSeed(first, last, "secrétaire médico-sociale", services, posts, role=Role.SECRETAIRE, account=account)


def _head(first: str, last: str, *posts: str, account: str = "") -> AgentSeed:
    services = ("pmi", "ssl", "surendettement")
    return AgentSeed(first, last, "responsable de MDS", services, posts, role=Role.RESPONSABLE, account=account)


def _admin(first: str, last: str, account: str) -> AgentSeed:
    trade = "chargé de mission numérique"
    return AgentSeed(first, last, trade, (), (), role=Role.ADMIN, account=account)


def _visitor(first: str, last: str, profession: str, *posts: str) -> AgentSeed:
    return AgentSeed(first, last, profession, ("pmi",), posts, duty="lactation", role=Role.INTERVENANT)


CLAIRE, KARIM, NADIA, HELENE = "Claire Vasseur", "Karim Haddad", "Nadia Cherif", "Hélène Morel"
THOMAS, YASMINE, NADEGE, SOPHIE = "Thomas Wattel", "Yasmine Roussel", "Nadège Delattre", "Sophie Lemaire"
ELISE, PAUL, ISABELLE = "Élise Martel", "Paul Lambert", "Isabelle Fontaine"
LAURENCE_974 = "Laurence Técher"
# What they speak beside French, by their own word.
SPEAKS = {
    "Nadia Cherif": ("ar",),
    "Yasmine Roussel": ("ar", "tr"),
    "Filipa Carvalho": ("es", "pt"),
    "Hélène Morel": ("en",),
}

TEAM_62 = (
    _nurse("Claire", "Vasseur", "lens", account="agent"),
    _secretary("Isabelle", "Fontaine", "lens", "lievin", account="secretaire"),
    _head("Véronique", "Caron", "lens", account="responsable"),
    _admin("Marc", "Delannoy", "admin"),
    _doctor("Hélène", "Morel", "lens"),
    _nurse("Nadia", "Cherif", "lens"),
    _midwife("Nadège", "Delattre", "lens", "lievin"),
    _social("Karim", "Haddad", "lens", profession="assistant social"),
    _social("Sophie", "Lemaire", "lens"),
    _budget("Yasmine", "Roussel", "lens"),
    _child("Thomas", "Wattel", "lens", profession="éducateur spécialisé"),
    _child("Amina", "Traoré", "lens", "lievin", profession="psychologue"),
    _visitor("Margaux", "Dhennin", "consultante en lactation", "lens", "arras"),
    # Liévin
    _doctor("Paul", "Lambert", "lievin", "carvin"),
    _nurse("Élise", "Martel", "lievin"),
    _nurse("Aïcha", "Bensaïd", "lievin", shows_name=False),
    _social("Christelle", "Nowak", "lievin"),
    _budget("Bérénice", "Hocquet", "lievin"),
    _child("Solène", "Baudelle", "lievin"),
    _head("Philippe", "Szymanski", "lievin"),
    # Hénin-Beaumont
    _nurse("Ophélie", "Macquart", "henin-beaumont"),
    _social("Filipa", "Carvalho", "henin-beaumont"),
    _social("Régis", "Deleplanque", "henin-beaumont", "carvin", profession="assistant social", shows_name=False),
    _midwife("Lucie", "Thuillier", "henin-beaumont", "carvin"),
    _secretary("Martine", "Wozniak", "henin-beaumont", "carvin"),
    # Béthune
    _doctor("Isaure", "Debruyne", "bethune", "noeux-les-mines"),
    _nurse("Gwendoline", "Ledoux", "bethune"),
    _nurse("Zineb", "Chaoui", "bethune"),
    _midwife("Flore", "Hennebelle", "bethune", "bruay-la-buissiere"),
    _social("Sylvie", "Bailleul", "bethune", leaves_in_weeks=3),
    _social("Mamadou", "Ndiaye", "bethune", profession="assistant social"),
    _budget("Corinne", "Poulain", "bethune"),
    _child("Hortense", "Lheureux", "bethune"),
    _child("Yann", "Petitprez", "bethune", profession="éducateur spécialisé"),
    _secretary("Dominique", "Tison", "bethune", "noeux-les-mines"),
    _head("Anne-Sophie", "Cuvelier", "bethune"),
    # Bruay-la-Buissière, Nœux-les-Mines, Carvin
    _nurse("Mélodie", "Bouchez", "bruay-la-buissiere"),
    _social("Elif", "Kaya", "bruay-la-buissiere"),
    _secretary("Nicole", "Pawlak", "bruay-la-buissiere"),
    _nurse("Perrine", "Lecocq", "noeux-les-mines"),
    _social("Gaëlle", "Sueur", "noeux-les-mines"),
    _nurse("Inès", "Belkacem", "carvin"),
    # Arras
    _doctor("Bertrand", "Crépin", "arras"),
    _nurse("Constance", "Décamps", "arras"),
    _midwife("Oksana", "Melnyk", "arras"),
    _social("Estelle", "Louchart", "arras", shows_name=False),
    _budget("Rosalie", "Coquelle", "arras"),
    _child("Maud", "Senellart", "arras"),
    _secretary("Brigitte", "Masclet", "arras"),
    # Saint-Omer, Montreuil
    _nurse("Lison", "Flament", "saint-omer"),
    _doctor("Étienne", "Vandenberghe", "saint-omer", "calais"),
    _social("Adeline", "Warembourg", "saint-omer"),
    _nurse("Tiphaine", "Gosselin", "montreuil-sur-mer"),
    _social("Joël", "Dutoit", "montreuil-sur-mer", profession="assistant social"),
    # Calais
    _nurse("Salma", "Ouali", "calais"),
    _midwife("Juliette", "Bocquet", "calais"),
    _social("Natacha", "Delhaye", "calais"),
    _budget("Fanny", "Duquesne", "calais"),
    _secretary("Ghislaine", "Kowalczyk", "calais", "saint-omer"),
    # Boulogne-sur-Mer
    _doctor("Aurore", "Cappelle", "boulogne-sur-mer", "montreuil-sur-mer"),
    _nurse("Yuna", "Wallart", "boulogne-sur-mer"),
    _social("Fatou", "Camara", "boulogne-sur-mer"),
    _child("Blandine", "Leroy", "boulogne-sur-mer"),
)

TEAM_974 = (
    _nurse("Laurence", "Técher", "saint-denis", account="agent974"),
    _secretary("Géraldine", "Payet", "saint-denis", "saint-paul", account="secretaire974"),
    _admin("Jean-Yves", "Hoarau", "admin974"),
    _doctor("Prisca", "Ramassamy", "saint-denis", "saint-pierre"),
    _social("Freddy", "Grondin", "saint-denis", profession="assistant social"),
    _nurse("Stella", "Maillot", "saint-pierre"),
    _social("Anaëlle", "Lauret", "saint-pierre"),
    _midwife("Ingrid", "Virapin", "saint-paul", "saint-denis"),
    _budget("Sabine", "Boyer", "saint-denis"),
    _nurse("Teddy", "Dijoux", "saint-paul"),
)

# `--scale small`: two sites and ten agents in 62; a stranger departement of one site and three accounts.
SMALL_SITES = {"62": ("lens", "lievin"), "974": ("saint-denis",)}
SMALL_TEAMS = {
    "62": (CLAIRE, ISABELLE, "Véronique Caron", "Marc Delannoy", KARIM, YASMINE, NADEGE, ELISE, PAUL, THOMAS),
    "974": (LAURENCE_974, "Géraldine Payet", "Jean-Yves Hoarau"),
}

# Saved groups: name, site, duties of those who are in it.
EQUIPES = (
    ("Équipe PMI de Lens", "lens", ("nurse", "doctor", "midwife")),
    ("Équipe sociale de Lens", "lens", ("social", "budget")),
    ("Équipe PMI de Liévin", "lievin", ("nurse", "doctor", "midwife")),
    ("Équipe PMI de Béthune", "bethune", ("nurse", "doctor", "midwife")),
    ("Équipe sociale d’Arras", "arras", ("social", "budget", "child")),
    ("Équipe PMI de Saint-Denis", "saint-denis", ("nurse", "doctor", "midwife")),
)
