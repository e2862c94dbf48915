"""Where: towns (real, with the centre of their commune) and the places of the two departements (invented addresses).

Room: management. Plain data, read by institution.py and people.py.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Town:
    code: str  # INSEE
    name: str
    postcode: str
    latitude: float
    longitude: float


OPEN_ALL_WEEK = (
    "Du lundi au vendredi, de 8\u00a0h\u00a030 à 12\u00a0h\u00a030 et de 13\u00a0h\u00a030 à 17\u00a0h\u00a030"
)


@dataclass(frozen=True, slots=True)
class SiteSeed:
    """`around`: the communes whose people come here, the own one first."""

    slug: str
    name: str
    town: str
    address: str
    phone: str
    transport: str
    access_notes: str
    around: tuple[str, ...]
    is_step_free: bool = True
    has_hearing_loop: bool = False
    opening_text: str = (
        "Du lundi au vendredi, de 8\u00a0h\u00a030 à 12\u00a0h\u00a030 et de 13\u00a0h\u00a030 à 17\u00a0h\u00a030"
    )


TOWNS = {
    town.code: town
    for town in (
        Town("62498", "Lens", "62300", 50.4293, 2.8324),
        Town("62510", "Liévin", "62800", 50.4216, 2.7848),
        Town("62427", "Hénin-Beaumont", "62110", 50.4199, 2.9473),
        Town("62119", "Béthune", "62400", 50.5305, 2.6382),
        Town("62178", "Bruay-la-Buissière", "62700", 50.4823, 2.546),
        Town("62041", "Arras", "62000", 50.2931, 2.7785),
        Town("62765", "Saint-Omer", "62500", 50.7522, 2.254),
        Town("62193", "Calais", "62100", 50.9528, 1.8545),
        Town("62160", "Boulogne-sur-Mer", "62200", 50.7247, 1.6134),
        Town("62588", "Montreuil-sur-Mer", "62170", 50.4641, 1.7629),
        Town("62617", "Nœux-les-Mines", "62290", 50.4809, 2.6621),
        Town("62215", "Carvin", "62220", 50.4915, 2.9582),
        Town("62065", "Avion", "62210", 50.4137, 2.8337),
        Town("62842", "Vendin-le-Vieil", "62880", 50.4758, 2.8671),
        Town("62528", "Loos-en-Gohelle", "62750", 50.4571, 2.7922),
        Town("62032", "Angres", "62143", 50.409, 2.7554),
        Town("62771", "Sallaumines", "62430", 50.4211, 2.8596),
        Town("62413", "Harnes", "62440", 50.4439, 2.9054),
        Town("62587", "Montigny-en-Gohelle", "62640", 50.4283, 2.927),
        Town("62637", "Oignies", "62590", 50.4686, 2.9917),
        Town("62907", "Libercourt", "62820", 50.4804, 3.0105),
        Town("62126", "Beuvry", "62660", 50.5223, 2.6814),
        Town("62035", "Annezin", "62232", 50.5321, 2.6183),
        Town("62457", "Houdain", "62150", 50.4522, 2.5373),
        Town("62270", "Divion", "62460", 50.4723, 2.5045),
        Town("62004", "Achicourt", "62217", 50.2732, 2.7574),
        Town("62263", "Dainville", "62000", 50.2808, 2.7226),
        Town("62525", "Longuenesse", "62219", 50.738, 2.245),
        Town("62040", "Arques", "62510", 50.734, 2.2963),
        Town("62244", "Coulogne", "62137", 50.9253, 1.8873),
        Town("62548", "Marck", "62730", 50.9491, 1.9557),
        Town("62643", "Outreau", "62230", 50.7081, 1.5929),
        Town("62758", "Saint-Martin-Boulogne", "62280", 50.7257, 1.6338),
        Town("62289", "Écuires", "62170", 50.4436, 1.761),
        Town("62083", "Barlin", "62620", 50.4573, 2.616),
        Town("62443", "Hersin-Coupigny", "62530", 50.449, 2.6498),
        Town("97411", "Saint-Denis", "97400", -20.879, 55.4486),
        Town("97418", "Sainte-Marie", "97438", -20.897, 55.5493),
        Town("97408", "La Possession", "97419", -20.933, 55.3357),
        Town("97416", "Saint-Pierre", "97410", -21.3416, 55.4778),
        Town("97422", "Le Tampon", "97418", -21.2786, 55.5149),
        Town("97415", "Saint-Paul", "97411", -21.014, 55.2695),
    )
}

SITES_62 = (
    SiteSeed(
        slug="lens",
        name="MDS de Lens",
        town="62498",
        address="14 rue des Acacias",
        phone="+33353012040",
        transport="Bus\u00a0: arrêt Grand-Place, à 3\u00a0minutes à pied",
        access_notes="1er\u00a0étage, ascenseur. Place pour poussette.",
        around=("62498", "62771", "62528", "62842", "62065"),
        has_hearing_loop=True,
    ),
    SiteSeed(
        slug="lievin",
        name="MDS de Liévin",
        town="62510",
        address="3 place du Marché",
        phone="+33353012041",
        transport="Bus\u00a0: arrêt Jardin public",
        access_notes="Entrée à gauche de la bibliothèque.",
        around=("62510", "62032", "62065"),
    ),
    SiteSeed(
        slug="henin-beaumont",
        name="MDS d’Hénin-Beaumont",
        town="62427",
        address="27 rue du Moulin",
        phone="+33353012042",
        transport="Bus\u00a0: arrêt Les Tilleuls",
        access_notes="Deux marches à l’entrée\u00a0: sonnez, on vient vous aider.",
        around=("62427", "62587", "62413"),
        is_step_free=False,
    ),
    SiteSeed(
        slug="bethune",
        name="MDS de Béthune",
        town="62119",
        address="8 avenue des Peupliers",
        phone="+33353012043",
        transport="Gare à 5\u00a0minutes à pied",
        access_notes="Parking derrière le bâtiment.",
        around=("62119", "62126", "62035"),
        has_hearing_loop=True,
    ),
    SiteSeed(
        slug="bruay-la-buissiere",
        name="MDS de Bruay-la-Buissière",
        town="62178",
        address="51 rue des Tisserands",
        phone="+33353012044",
        transport="Bus-tram\u00a0: arrêt Porte Nord",
        access_notes="Rez-de-chaussée.",
        around=("62178", "62457", "62270"),
    ),
    SiteSeed(
        slug="arras",
        name="MDS d’Arras",
        town="62041",
        address="19 rue du Beffroi-Neuf",
        phone="+33353012045",
        transport="Bus\u00a0: arrêt Petite-Place",
        access_notes="Au fond de la cour, porte verte.",
        around=("62041", "62004", "62263"),
        has_hearing_loop=True,
    ),
    SiteSeed(
        slug="saint-omer",
        name="MDS de Saint-Omer",
        town="62765",
        address="6 rue du Marais",
        phone="+33353012046",
        transport="Gare à 10\u00a0minutes à pied",
        access_notes="Rez-de-chaussée.",
        around=("62765", "62525", "62040"),
    ),
    SiteSeed(
        slug="calais",
        name="MDS de Calais",
        town="62193",
        address="40 rue de la Dentelle",
        phone="+33353012047",
        transport="Bus gratuit\u00a0: arrêt Dentelle",
        access_notes="2e\u00a0étage, ascenseur.",
        around=("62193", "62244", "62548"),
    ),
    SiteSeed(
        slug="boulogne-sur-mer",
        name="MDS de Boulogne-sur-Mer",
        town="62160",
        address="12 quai des Mareyeurs",
        phone="+33353012048",
        transport="Bus\u00a0: arrêt Quai des Mareyeurs",
        access_notes="Rez-de-chaussée, face au quai.",
        around=("62160", "62643", "62758"),
    ),
    SiteSeed(
        slug="montreuil-sur-mer",
        name="MDS de Montreuil",
        town="62588",
        address="2 rue des Remparts-Bas",
        phone="+33353012049",
        transport="Gare à 12\u00a0minutes à pied, ça monte",
        access_notes="Rue pavée. Une place de parking devant la porte.",
        around=("62588", "62289"),
        is_step_free=False,
    ),
    SiteSeed(
        slug="noeux-les-mines",
        name="MDS de Nœux-les-Mines",
        town="62617",
        address="33 rue de la Fosse 12",
        phone="+33353012050",
        transport="Bus\u00a0: arrêt Mairie",
        access_notes="Rez-de-chaussée.",
        around=("62617", "62083", "62443"),
    ),
    SiteSeed(
        slug="carvin",
        name="MDS de Carvin",
        town="62215",
        address="5 allée du Tissage",
        phone="+33353012051",
        transport="Bus\u00a0: arrêt Tissage",
        access_notes="À côté de la halte-garderie.",
        around=("62215", "62637", "62907"),
    ),
)

SITES_974 = (
    SiteSeed(
        slug="saint-denis",
        name="MDS de Saint-Denis",
        town="97411",
        address="18 rue des Filaos",
        phone="+33353019010",
        transport="Bus\u00a0: arrêt Jardin Botanique",
        access_notes="1er\u00a0étage, ascenseur.",
        around=("97411", "97418"),
        opening_text="Du lundi au vendredi, de 8\u00a0h à 12\u00a0h et de 13\u00a0h à 16\u00a0h",
        has_hearing_loop=True,
    ),
    SiteSeed(
        slug="saint-pierre",
        name="MDS de Saint-Pierre",
        town="97416",
        address="7 allée des Bougainvilliers",
        phone="+33353019011",
        transport="Bus\u00a0: arrêt Front de Mer",
        access_notes="Rez-de-chaussée.",
        around=("97416", "97422"),
        opening_text="Du lundi au vendredi, de 8\u00a0h à 12\u00a0h et de 13\u00a0h à 16\u00a0h",
    ),
    SiteSeed(
        slug="saint-paul",
        name="MDS de Saint-Paul",
        town="97415",
        address="25 chaussée des Cocotiers",
        phone="+33353019012",
        transport="Bus\u00a0: arrêt Grand Marché",
        access_notes="Entrée par le parking.",
        around=("97415", "97408"),
        opening_text="Du lundi au vendredi, de 8\u00a0h à 12\u00a0h et de 13\u00a0h à 16\u00a0h",
    ),
)
