"""The door to the communes: finding the one a person means. Any view, form or service may call it."""

from agents.commune_names import parse_commune_query
from agents.models import Commune

MAX_FOUND = 50


def find_communes(query: str, *, departement_code: str | None = None, limit: int = 8) -> list[Commune]:
    """Communes named by `query` ("lens", "62300", "henin b", "St Omer", "Lens 62300", "Saint-Denis 974"), best first.

    A postcode or département that contradicts the name (a Cedex, a slip of the key) is forgotten rather than obeyed:
    the person sees the names and chooses. Two small queries at most; text that names nothing gives [].
    """
    asked = parse_commune_query(query)
    scope = Commune.objects.in_departement(departement_code) if departement_code else Commune.objects.all()
    found = list(scope.matching(asked)[: max(0, min(limit, MAX_FOUND))])
    if not found and asked.words and (asked.postcode or asked.departement_code):
        found = list(scope.matching(asked.without_place())[: max(0, min(limit, MAX_FOUND))])
    return found
