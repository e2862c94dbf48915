"""The doors of the public side: the whole country, one département, and the choice of the motif."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from agents.models import Departement
from rdv.forms.public_start import ANY_DOOR, StartForm, around
from rdv.models import Motif
from rdv.services import public_reading
from rdv.views.public.shared import (
    INCOMPLETE,
    Door,
    all_doors,
    departement_or_404,
    doors_of,
    public_context,
    show,
)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The national door: it leads to the right département. With a single one open, it is that one's home."""
    departements = public_reading.open_departements()
    if len(departements) == 1:
        return redirect("rdv:public_departement", departements[0].slug)
    doors = [*all_doors(), doors_of([])[-1]]
    if "porte" not in request.GET and "lieu" not in request.GET:
        return _home_page(request, departements, doors)
    form = StartForm(request.GET, doors=_choices(doors), departement=None)
    if not form.is_valid():
        return _home_page(request, departements, doors, form)
    return _to_departement(request, form, departements, doors)


def _to_departement(
    request: HttpRequest, form: StartForm, departements: list[Departement], doors: list[Door]
) -> HttpResponse:
    opened = {departement.code: departement for departement in departements}
    reachable = [commune for commune in form.candidates if commune.departement_code in opened]
    porte = form.cleaned_data["porte"]
    if len(reachable) == 1:
        departement = opened[reachable[0].departement_code]
        query = {"lieu": around(reachable[0], form.cleaned_data["lieu"]).label, "porte": porte}
        return redirect(f"{reverse('rdv:public_motifs', args=[departement.slug])}?{urlencode(query)}")
    if reachable:
        choices = [
            {
                "label": around(commune, form.cleaned_data["lieu"]).label,
                "hint": opened[commune.departement_code].name,
                "url": reverse("rdv:public_motifs", args=[opened[commune.departement_code].slug])
                + "?"
                + urlencode({"lieu": around(commune, form.cleaned_data["lieu"]).label, "porte": porte}),
            }
            for commune in reachable
        ]
        return show(request, "public/commune.html", None, {"choices": choices, "back_url": reverse("rdv:public_home")})
    form.add_error(
        "lieu",
        _("Ce département ne prend pas encore ses rendez-vous ici. Appelez votre maison des solidarités (MDS)."),
    )
    return _home_page(request, departements, doors, form)


def _home_page(
    request: HttpRequest, departements: list[Departement], doors: list[Door], form: StartForm | None = None
) -> HttpResponse:
    context = {"departements": departements, "doors": doors, "form": form} | _typed(request)
    return show(request, "public/home.html", None, context, status=INCOMPLETE if form else 200)


def _typed(request: HttpRequest) -> dict[str, str]:
    return {"lieu": request.GET.get("lieu", "")[:100], "porte": request.GET.get("porte", "")}


def _choices(doors: list[Door]) -> list[tuple[str, str]]:
    return [(door.code, door.label) for door in doors]


@require_safe
def departement_home(request: HttpRequest, departement: str) -> HttpResponse:
    found = departement_or_404(departement)
    return _departement_page(request, found, public_reading.public_motifs(found))


def _departement_page(
    request: HttpRequest, departement: Departement, motifs: list[Motif], form: StartForm | None = None
) -> HttpResponse:
    context = {
        "doors": doors_of(motifs),
        "has_motifs": bool(motifs),
        "example": public_reading.example_city(departement),
        "form": form,
    }
    return show(
        request,
        "public/departement.html",
        departement,
        context | _typed(request),
        status=INCOMPLETE if form else 200,
    )


@require_safe
def motifs(request: HttpRequest, departement: str) -> HttpResponse:
    """Which motif behind the chosen door. Skipped when there is one; the commune is asked again when several answer."""
    found = departement_or_404(departement)
    all_motifs = public_reading.public_motifs(found)
    doors = doors_of(all_motifs)
    form = StartForm(request.GET, doors=_choices(doors), departement=found)
    if not form.is_valid():
        return _departement_page(request, found, all_motifs, form)
    if len(form.candidates) > 1:
        return _commune_page(request, found, form)
    lieu = around(form.commune, form.cleaned_data["lieu"]).label if form.commune else ""
    porte = form.cleaned_data["porte"]
    chosen = [motif for motif in all_motifs if porte in (ANY_DOOR, motif.tile)]
    if len(chosen) == 1:
        return redirect(places_url(found, chosen[0], lieu))
    return _motif_page(request, found, chosen, doors, porte=porte, lieu=lieu)


def _commune_page(request: HttpRequest, departement: Departement, form: StartForm) -> HttpResponse:
    base = reverse("rdv:public_motifs", args=[departement.slug])
    typed, porte = form.cleaned_data["lieu"], form.cleaned_data["porte"]
    labels = [around(commune, typed).label for commune in form.candidates]
    choices = [{"label": label, "url": f"{base}?{urlencode({'lieu': label, 'porte': porte})}"} for label in labels]
    back = f"{reverse('rdv:public_departement', args=[departement.slug])}?{urlencode({'porte': porte})}"
    return show(request, "public/commune.html", departement, {"choices": choices, "back_url": back})


def _motif_page(
    request: HttpRequest, departement: Departement, motifs: list[Motif], doors: list[Door], *, porte: str, lieu: str
) -> HttpResponse:
    """By door when the person does not know; the hint says for whom each motif is."""
    groups = []
    for door in [*doors[:-1], doors[-1]]:
        codes = (door.code,) if door.code != ANY_DOOR else ("",)
        inside = [
            {"motif": motif, "url": places_url(departement, motif, lieu)} for motif in motifs if motif.tile in codes
        ]
        if inside:
            groups.append({"door": door if door.code != ANY_DOOR else None, "motifs": inside})
    context = {
        "groups": groups,
        "is_unsure": porte == ANY_DOOR,
        "door": next((door for door in doors if door.code == porte), None),
        "lieu": lieu,
        "back_url": f"{public_context(departement)['home_url']}?{urlencode({'lieu': lieu, 'porte': porte})}",
    }
    return show(request, "public/motifs.html", departement, context)


def places_url(departement: Departement, motif: Motif, lieu: str) -> str:
    """Where a motif leads: its places, or for a visit at home the address to visit."""
    name = "rdv:public_visit" if motif.modality == "home" else "rdv:public_places"
    base = reverse(name, args=[departement.slug, motif.slug])
    return f"{base}?{urlencode({'lieu': lieu})}" if lieu else base
