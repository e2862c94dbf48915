"""Invented people: first names and family names by origin, so that the demo looks like the people who come.

Room: management. Plain data, read by people.py.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """`language`: what newcomers of this origin choose for their messages."""

    women: tuple[str, ...]
    men: tuple[str, ...]
    children: tuple[str, ...]
    families: tuple[str, ...]
    language: str = "fr"


def _words(text: str) -> tuple[str, ...]:
    """Apart by spaces; an underscore stands for the space inside a name."""
    return tuple(word.replace("_", " ") for word in text.split())


NORTH = Origin(
    women=_words(
        "Aurélie Céline Sandrine Émilie Laetitia Mélanie Stéphanie Virginie Delphine Élodie Marion Pauline Justine "
        "Amandine Ludivine Cindy Jennifer Angélique Marie-Line Océane Mathilde Charlotte Coralie Séverine Peggy Noémie"
    ),
    men=_words(
        "Kévin Jérôme Ludovic Grégory Sébastien Mickaël Anthony Romain Fabien Dimitri Jordan Maxime Cédric Thierry "
        "Pascal Bruno Dylan Quentin Aurélien Rudy"
    ),
    children=_words(
        "Léna Tiago Emma Louis Jade Gabriel Louna Nolan Rose Sacha Lou Timéo Mila Raphaël Alba Hugo Maëlys Jules Zoé "
        "Malo Iris Ethan Capucine Noa Lyna Axel Ambre Marius Nina Eliott"
    ),
    families=_words(
        "Lefebvre Delattre Vandenberghe Wattel Pruvost Caron Dubois Lemaire Carlier Boulanger Delannoy Leroy Bailleul "
        "Duquesne Hennebelle Coquelle Thuillier Lecocq Bouchez Deleplanque Cuvelier Macquart Dhaene Poulain Vasseur "
        "Ledoux Hocquet Debruyne Wallart Sueur Fontaine Gosselin Delhaye Crépin Louchart Tison Baudelle Masclet "
        "Flament Warembourg Décamps Roussel Petitprez Senellart Lheureux Dutoit Bocquet Cappelle"
    ),
)
POLISH = Origin(
    women=_words("Sylvie Nathalie Christelle Wanda Magalie Patricia"),
    men=_words("Stéphane Frédéric Casimir Laurent Édouard David"),
    children=_words("Adam Léo Anaïs Théo Julia Oscar"),
    families=_words("Nowak Kaczmarek Wozniak Szymanski Kowalczyk Dudek Pawlak Wisniewski Jankowiak Marciniak"),
)
MAGHREB = Origin(
    women=_words(
        "Samira Nadia Fatima Khadija Yasmina Leïla Houria Sabrina Naïma Karima Soumia Hafida Imane Zineb Rachida Wafa"
    ),
    men=_words("Mehdi Karim Rachid Abdel Nordine Yacine Hakim Mourad Farid Bilal Sofiane Toufik"),
    children=_words("Ilyes Lina Yanis Inaya Adem Sirine Rayan Amira Naël Sofia Wassim Jannah Ayoub Assia"),
    families=_words(
        "Bouzid Khelifi Cherif Haddou Meziane Slimani El_Amrani Mansour Belkacem Zerrouki Bensaïd Ouali Hamdi "
        "Boukhari Saïdi Chaoui Ben_Youssef Amrouche Lahlou Tahri"
    ),
    language="ar",
)
UKRAINE = Origin(
    women=_words("Olena Iryna Nataliia Oksana Tetiana Yuliia Kateryna Svitlana Halyna"),
    men=_words("Oleksandr Andrii Serhii Mykola Taras Dmytro"),
    children=_words("Sofiia Maksym Zlata Artem Polina Danylo"),
    families=_words("Kovalenko Shevchuk Bondarenko Tkachenko Melnyk Kravchuk Savchenko Lysenko Marchenko Petrenko"),
    language="uk",
)
PORTUGAL = Origin(
    women=_words("Ana Rosa Inês Sónia Carla Filipa Teresa"),
    men=_words("João Rui Paulo Tiago Nuno Hélder"),
    children=_words("Beatriz Tomás Clara Lucas Inês Mateus"),
    families=_words("Silva Mendes Torres Costa Alves Ferreira Carvalho Teixeira Moreira Da_Cunha"),
    language="pt",
)
TURKEY = Origin(
    women=_words("Ayşe Elif Zeynep Hatice Merve Gülsüm"),
    men=_words("Mehmet Murat Emre Hasan Yusuf Serkan"),
    children=_words("Defne Kerem Ela Baran Azra Eymen"),
    families=_words("Yıldız Kaya Demir Çelik Aydın Öztürk Şahin Arslan Koç Doğan"),
    language="tr",
)
WEST_AFRICA = Origin(
    women=_words("Awa Fatou Aminata Mariam Kadiatou Adama Bintou Aïssatou Grâce Ramatoulaye"),
    men=_words("Amadou Moussa Ibrahima Mamadou Ousmane Cheikh Boubacar Yao"),
    children=_words("Aya Moussa Fanta Issa Djeneba Lamine Nafi Seydou"),
    families=_words("Koné Diallo Traoré Ndiaye Ba Cissé Camara Sow Touré Coulibaly Kouassi Mendy Bah Sylla"),
)
REUNION = Origin(
    women=_words("Marie-Anne Stella Géraldine Prisca Nadège Laurence Huguette Sabine Ingrid Valérie Anaëlle"),
    men=_words("Jean-Yves Olivier Freddy Giovanni Johnny Davy Mario Teddy Loïc Expédit"),
    children=_words("Manaé Kylian Shanaya Noam Lana Enzo Kiara Mathéo Lilou Ruben"),
    families=_words(
        "Hoarau Payet Grondin Boyer Rivière Fontaine Lauret Técher Robert Maillot Dijoux Bègue Vitry Sautron "
        "Narassiguin Mardayé Ah-Hot Ramassamy Issop Poudroux Virapin Turpin"
    ),
)

# Of 20 people who come: the shares the names are drawn by.
METROPOLE = (NORTH,) * 11 + (POLISH,) * 2 + (MAGHREB,) * 3 + (UKRAINE, PORTUGAL, TURKEY, WEST_AFRICA)
OVERSEAS = (REUNION,) * 7 + (NORTH,)

STREETS = (
    "rue des Acacias",
    "rue Jean-Jaurès",
    "rue du Moulin",
    "allée des Ormes",
    "rue de la Paix",
    "rue du Stade",
    "cité des Fleurs",
    "rue des Tisserands",
    "impasse du Puits",
    "rue Roger-Salengro",
    "avenue des Peupliers",
    "rue de la Fosse 12",
    "rue des Hirondelles",
    "résidence du Parc",
    "rue Émile-Zola",
    "chemin des Dames",
)
