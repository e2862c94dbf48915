"""A commune typed in one box, by its name or its postcode. Room: forms. Called by the forms of this app and above."""

from django.core.exceptions import ValidationError

from agents.communes import find_communes
from agents.models import Commune, Departement
from rdv.core.text import search_key
from rdv.domain import french


def commune_named(typed: str, departement: Departement) -> Commune:
    """The commune meant: the only one found, or the only one of the département with that very name."""
    found = find_communes(typed, limit=8)
    here = [commune for commune in found if commune.departement_code == departement.code]
    for candidates in ([c for c in here if search_key(typed) == c.search_key], here, found):
        if len(candidates) == 1:
            return candidates[0]
    if not found:
        raise ValidationError("Nous ne trouvons pas cette commune. Écrivez son nom ou son code postal.", code="unknown")
    raise ValidationError(
        f"Plusieurs communes répondent\u00a0: {french.joined([commune_label(c) for c in found[:4]])}. "
        "Ajoutez le code postal.",
        code="several",
    )


def commune_label(commune: Commune) -> str:
    return f"{commune.name} {commune.postcodes[0]}" if commune.postcodes else commune.name
