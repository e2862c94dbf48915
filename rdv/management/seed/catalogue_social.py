"""The motifs of social work, debt counselling and child welfare: at the office, by phone, at home, in a group.

Room: management. Plain data, read by catalogue.py.
"""

from rdv.management.seed.motif_shape import BIG, HOUR, MotifSeed
from rdv.models import Booker, Modality, NoticeLevel, Tile

SOCIAL = (
    MotifSeed(
        slug="permanence-sociale",
        service="ssl",
        name="Permanence sociale",
        label="Rencontrer une assistante sociale",
        hint="Logement, aides, famille, séparation",
        duration=30,
        buffer_after=10,
        pool="adult",
        tile=Tile.SOCIAL,
        horizon_days=42,
        before="C’est gratuit et confidentiel.",
        documents=("Une pièce d’identité, si vous en avez une", "Les courriers dont vous voulez parler"),
        # After two silences rather than four: shown on the page of the rules.
        waits_policy=(("unanswered_limit", 2),),
    ),
    MotifSeed(
        slug="suivi-social",
        service="ssl",
        name="Suivi social",
        label="Rendez-vous avec votre assistante sociale",
        duration=45,
        buffer_after=15,
        pool="followed",
        is_follow_up=True,
        who_books=Booker.AGENTS,
        cancel_hours=24,
        documents=("Les papiers demandés la dernière fois",),
    ),
    MotifSeed(
        slug="entretien-a-deux",
        service="ssl",
        name="Entretien familial à deux professionnels",
        label="Entretien familial",
        duration=60,
        pool="mother",
        agents_needed=2,
        who_books=Booker.AGENTS,
        waits=False,
    ),
)

SOCIAL_VISITS = (
    MotifSeed(
        slug="visite-sociale",
        service="ssl",
        name="Visite à domicile",
        label="Visite d’une assistante sociale chez vous",
        duration=60,
        pool="adult",
        modality=Modality.HOME,
        who_books=Booker.AGENTS,
        waits_until=24 * HOUR,
    ),
)

SOCIAL_WORKSHOPS = (
    MotifSeed(
        slug="atelier-cuisine",
        service="ssl",
        name="Atelier cuisine",
        label="Atelier cuisine à petit prix",
        hint="On cuisine, puis on mange ensemble",
        duration=150,
        capacity=10,
        pool="adult",
        tile=Tile.ATELIER,
        before="C’est gratuit. Dites-nous à l’arrivée si vous ne mangez pas de certains aliments.",
        documents=("Un tablier", "Une boîte pour rapporter un repas"),
        sites=("lens", "bethune", "boulogne-sur-mer", "saint-pierre"),
    ),
    MotifSeed(
        slug="atelier-budget",
        service="ssl",
        name="Atelier budget",
        label="Atelier\u00a0: mieux gérer son argent",
        hint="Lire ses factures, prévoir le mois",
        duration=120,
        capacity=8,
        pool="debt",
        tile=Tile.ATELIER,
        sites=("lens", "lievin", "arras", "saint-denis"),
    ),
)

DEBT = (
    MotifSeed(
        slug="dossier-surendettement",
        service="surendettement",
        name="Dossier de surendettement",
        label="Préparer un dossier de surendettement",
        duration=60,
        buffer_after=15,
        pool="debt",
        tile=Tile.BUDGET,
        min_notice=48 * HOUR,
        horizon_days=28,
        cancel_hours=24,
        before="Prévoyez une heure. Venez même s’il vous manque des papiers.",
        documents=(
            "Vos crédits et vos dettes, même en retard",
            "Vos trois derniers relevés de compte",
            "Votre avis d’impôt",
            "Une pièce d’identité",
        ),
        cancel_warning="Il faut souvent attendre plusieurs semaines pour une nouvelle place.",
        sites=BIG,
    ),
    MotifSeed(
        slug="bilan-budget",
        service="surendettement",
        name="Bilan budget",
        label="Faire le point sur votre budget",
        hint="Factures, loyer, crédits",
        duration=45,
        buffer_after=10,
        pool="debt",
        tile=Tile.BUDGET,
        documents=("Vos factures du mois", "Vos derniers relevés de compte"),
        sites=BIG,
        # After two silences rather than four: shown on the page of the rules.
        waits_policy=(("unanswered_limit", 2),),
    ),
    MotifSeed(
        slug="point-budget-telephone",
        service="surendettement",
        name="Point budget par téléphone",
        label="Une question sur votre budget, par téléphone",
        duration=20,
        pool="debt",
        tile=Tile.BUDGET,
        modality=Modality.PHONE,
        min_notice=2 * HOUR,
        before="Nous vous appelons. Gardez votre téléphone près de vous.",
        sites=BIG,
    ),
)

CHILD_WELFARE = (
    MotifSeed(
        slug="entretien-enfance",
        service="ase",
        name="Entretien aide sociale à l’enfance",
        label="Rendez-vous",
        duration=60,
        buffer_after=15,
        pool="child",
        who_books=Booker.AGENTS,
        notice_level=NoticeLevel.DISCREET,
        email_reminder_days=None,
        sites=BIG,
    ),
    MotifSeed(
        slug="rencontre-enfance-a-deux",
        service="ase",
        name="Rencontre familiale à deux professionnels",
        label="Rendez-vous",
        duration=60,
        buffer_after=15,
        pool="child",
        agents_needed=2,
        who_books=Booker.AGENTS,
        waits=False,
        notice_level=NoticeLevel.DISCREET,
        email_reminder_days=None,
        sites=BIG,
    ),
)
