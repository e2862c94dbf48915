"""A site and a service as the administrator types them: shape and wording. Called by agents/views/places.

After `is_valid()`, `site_fields()` goes to agents.services.sites, `trade()` to agents.services.trades. What the commune
already says (postcode, town, place on the map) may be left empty; a box left empty shows empty again.
"""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from phonenumber_field.phonenumber import PhoneNumber, to_python

from agents.forms.admin import missing
from agents.forms.communes import commune_label, commune_named
from agents.forms.sign_in import EmailField
from agents.forms.states import Stated
from agents.models import Commune, Departement, Service, Site
from agents.services.trades import Trade
from rdv.core.text import search_key

# Numbers of the overseas départements have their own country code; written from the spot, they begin with 0 too.
_REGIONS = {"971": "GP", "972": "MQ", "973": "GF", "974": "RE", "975": "PM", "976": "YT"}
_NUMBER = r"([+-]?\d{1,3}(?:[.,]\d+)?)"
_POINT = re.compile(rf"{_NUMBER}\s*[\s,;]\s*{_NUMBER}")
_FAR_DEGREES = 1  # about 100 km: the two numbers were swapped, or a sign forgotten
_PLAIN = ("name", "address", "email", "is_step_free", "has_hearing_loop", "transport", "access_notes", "opening_text")


def text(label: str, length: int, *, what: str = "", **options: Any) -> forms.CharField:
    """`what`: what is missing when it is empty; nothing when it may be."""
    words = missing(what) | {"max_length": f"{length} caractères au plus."}
    return forms.CharField(label=label, max_length=length, required=bool(what), error_messages=words, **options)


class SiteForm(Stated, forms.Form):
    name = text("Nom", 80, what="le nom du site", help_text="Comme le public le lit. Par exemple : MDS de Lens.")
    address = text("Adresse", 160, what="l’adresse", help_text="Numéro et rue.")
    commune = text("Commune", 100, what="la commune", help_text="Son nom ou son code postal.")
    postcode = forms.RegexField(
        r"^\d{5}$",
        label="Code postal",
        required=False,
        help_text="Vide : celui de la commune.",
        error_messages={"invalid": "Un code postal a 5 chiffres."},
    )
    city = text("Ville écrite dans l’adresse", 60, help_text="Vide : la commune. Utile pour un quartier ou un village.")
    point = text(
        "Place sur la carte",
        60,
        help_text="Vide : le centre de la commune. Sinon la latitude puis la longitude : 50.4321, 2.8234.",
    )
    phone = text("Téléphone de l’accueil", 30, what="le téléphone", widget=forms.TextInput(attrs={"type": "tel"}))
    email = EmailField(
        label="Boîte e-mail du site",
        required=False,
        autocomplete="off",
        help_text="Elle signe les dates envoyées pour l’agenda. Vide : la boîte du département.",
    )
    opening_text = text(
        "Horaires d’ouverture", 200, help_text="Par exemple : du lundi au vendredi, de 9 h à 12 h et de 14 h à 17 h."
    )
    transport = text("Bus, tram, gare", 120, help_text="Par exemple : bus 12, arrêt Mairie.")
    access_notes = text("Pour trouver", 200, help_text="Par exemple : entrée par la cour, sonnez à gauche.")
    is_step_free = forms.BooleanField(label="On entre sans marche", required=False)
    has_hearing_loop = forms.BooleanField(label="Il y a une boucle magnétique", required=False)

    def __init__(self, *args: Any, departement: Departement, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.departement = departement

    def clean_name(self) -> str:
        return with_letters(self.cleaned_data["name"], "le nom du site")

    def clean_commune(self) -> Commune:
        commune = commune_named(self.cleaned_data["commune"], self.departement)
        if commune.departement_code != self.departement.code:
            where = self.departement.name_with_article
            raise ValidationError(f"{commune.name} n’est pas une commune {where}.", code="elsewhere")
        return commune

    def clean_phone(self) -> PhoneNumber:
        for region in ("FR", _REGIONS.get(self.departement.code, "FR")):
            number = to_python(self.cleaned_data["phone"], region=region)
            if number is not None and number.is_valid():
                return number
        raise ValidationError("Écrivez le numéro en entier. Exemple : 03 53 01 20 00.", code="phone")

    def clean_point(self) -> tuple[float, float] | None:
        typed = self.cleaned_data["point"]
        if not typed:
            return None
        found = _POINT.fullmatch(typed)
        if found is None:
            raise ValidationError("Écrivez deux nombres, la latitude puis la longitude : 50.4321, 2.8234.")
        latitude, longitude = (float(number.replace(",", ".")) for number in found.groups())
        if abs(latitude) > 90 or abs(longitude) > 180:
            raise ValidationError("La latitude va de -90 à 90, la longitude de -180 à 180.")
        return latitude, longitude

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        point, commune = cleaned.get("point"), cleaned.get("commune")
        if point and commune and _is_far(point, commune):
            self.add_error("point", f"Ce point est à plus de 100 km de {commune.name}. Écrivez la latitude d’abord.")
        return cleaned

    def site_fields(self) -> dict[str, Any]:
        """Everything that the model keeps, the commune's answers in place of what was left empty."""
        cleaned, commune = self.cleaned_data, self.cleaned_data["commune"]
        latitude, longitude = cleaned["point"] or (commune.latitude, commune.longitude)
        return {name: cleaned[name] for name in _PLAIN} | {
            "commune": commune,
            "postcode": cleaned["postcode"] or _postcode_of(commune, self.data.get("commune", "")),
            "city": cleaned["city"] or commune.name,
            "latitude": latitude,
            "longitude": longitude,
            "phone": cleaned["phone"],
        }

    def clean_postcode(self) -> str:
        """A commune without a postcode (a few islands) leaves nothing to take: it must be typed."""
        typed: str = self.cleaned_data["postcode"]
        commune = self.cleaned_data.get("commune")
        if not typed and commune is not None and not commune.postcodes:
            raise ValidationError("Il manque le code postal.", code="required")
        return typed


def initial_site(site: Site) -> dict[str, Any]:
    """The site as it is shown in the boxes; those that say no more than the commune are empty."""
    shown = {name: getattr(site, name) for name in _PLAIN} | {"phone": site.phone.as_national}
    commune = site.commune
    if commune is None:
        return shown | {
            "commune": f"{site.city} {site.postcode}",
            "postcode": site.postcode,
            "city": site.city,
            "point": _point_words(site),
        }
    is_known = site.postcode in commune.postcodes
    is_centre = (site.latitude, site.longitude) == (commune.latitude, commune.longitude)
    return shown | {
        "commune": f"{commune.name} {site.postcode}" if is_known else commune_label(commune),
        "postcode": "" if is_known else site.postcode,
        "city": "" if site.city == commune.name else site.city,
        "point": "" if is_centre else _point_words(site),
    }


class ServiceForm(Stated, forms.Form):
    name = text("Nom", 80, what="le nom du service", help_text="Par exemple : Protection maternelle et infantile.")
    short_name = text("Nom court", 24, what="le nom court", help_text="Un sigle ou un mot, pour l’agenda : PMI.")
    is_confidential = forms.BooleanField(label="Service confidentiel", required=False)

    def clean_name(self) -> str:
        return with_letters(self.cleaned_data["name"], "le nom du service")

    def clean_short_name(self) -> str:
        return with_letters(self.cleaned_data["short_name"], "le nom court")

    def trade(self) -> Trade:
        return Trade(**self.cleaned_data)


def initial_service(service: Service) -> dict[str, Any]:
    return {name: getattr(service, name) for name in ("name", "short_name", "is_confidential")}


def with_letters(typed: str, what: str) -> str:
    """Single spaces; dashes alone are no name."""
    if not search_key(typed):
        raise ValidationError(f"Écrivez {what} avec des lettres.", code="no_letters")
    return " ".join(typed.split())


def _postcode_of(commune: Commune, typed: str) -> str:
    """The postcode typed with the name of the commune when it is one of its own, else its first."""
    said = re.findall(r"\d{5}", typed)
    return next((code for code in said if code in commune.postcodes), commune.postcodes[0])


def _is_far(point: tuple[float, float], commune: Commune) -> bool:
    if commune.latitude is None or commune.longitude is None:
        return False
    return max(abs(point[0] - commune.latitude), abs(point[1] - commune.longitude)) > _FAR_DEGREES


def _point_words(site: Site) -> str:
    return "" if site.latitude is None or site.longitude is None else f"{site.latitude}, {site.longitude}"
