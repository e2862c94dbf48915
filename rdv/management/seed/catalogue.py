"""What people come for: services and motifs of the demo, of the six kinds of the mission.

Room: management. Plain data, read by institution.py.
"""

from rdv.management.seed.catalogue_health import HEALTH_VISITS, HEALTH_WORKSHOPS, PMI
from rdv.management.seed.catalogue_social import CHILD_WELFARE, DEBT, SOCIAL, SOCIAL_VISITS, SOCIAL_WORKSHOPS
from rdv.management.seed.motif_shape import ServiceSeed

SERVICES = (
    ServiceSeed("pmi", "Protection maternelle et infantile", "PMI"),
    ServiceSeed("ssl", "Service social local", "SSL"),
    ServiceSeed("surendettement", "Accompagnement budget et surendettement", "Surendettement"),
    ServiceSeed("ase", "Aide sociale à l’enfance", "ASE", is_confidential=True),
)

MOTIFS = (
    *PMI,
    *HEALTH_VISITS,
    *SOCIAL,
    *SOCIAL_VISITS,
    *HEALTH_WORKSHOPS,
    *SOCIAL_WORKSHOPS,
    *DEBT,
    *CHILD_WELFARE,
)
