"""Addresses of the agenda, the statuses to fill in, the motifs and sites of the département."""

from django.urls import URLPattern, URLResolver, path

from rdv.views import closures, leaving, places
from rdv.views.agenda import agenda, feed, filling, hours, motifs, workshops

urlpatterns: list[URLPattern | URLResolver] = [
    path("agenda/", agenda.agenda, name="agenda"),
    path("agenda/flux/", feed.feed_settings, name="feed_settings"),
    # The same address as rdv.core.links.PATHS["agenda"].
    path("agenda/flux/<str:token>.ics", feed.feed, name="agenda_feed"),
    path("rdv/<uuid:uuid>/horaires/", hours.rdv_hours, name="rdv_hours"),
    path("a-renseigner/", filling.to_fill_in, name="to_fill_in"),
    path("a-renseigner/feuille/<uuid:uuid>/", filling.sheet, name="workshop_sheet"),
    path("ateliers/nouveau/", workshops.workshop_create, name="workshop_create"),
    path("motifs/", motifs.motifs, name="motifs"),
    path("motifs/nouveau/", motifs.motif_create, name="motif_create"),
    path("motifs/sites/", motifs.switches, name="motif_switches"),
    path("motifs/<uuid:uuid>/", motifs.motif_edit, name="motif_edit"),
    path("motifs/<uuid:uuid>/archiver/", motifs.motif_archive, name="motif_archive"),
    path("reglages/fermetures/", closures.closures, name="closures"),
    path("reglages/fermetures/<int:pk>/retirer/", closures.reopen, name="closure_reopen"),
    path("reglages/sites/<int:pk>/ouverture/", places.site_opening, name="site_opening"),
    path("comptes/<int:pk>/ouverture/", leaving.account_opening, name="account_opening"),
    path("comptes/<int:pk>/roles/<int:affectation_pk>/retirer/", leaving.role_end, name="role_end"),
    path("comptes/<int:pk>/services/", leaving.account_services, name="account_services"),
]
