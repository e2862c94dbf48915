"""Addresses of an agent who is away, of other dates proposed for an Rdv, of the calls about an Rdv."""

from django.urls import URLPattern, URLResolver, path

from rdv.views.absent import pages
from rdv.views.console import proposing
from rdv.views.waiting import calls_rdv

urlpatterns: list[URLPattern | URLResolver] = [
    path("absent/", pages.report, name="absent_report"),
    path("absent/<uuid:uuid>/", pages.follow, name="absent"),
    path("rdv/<uuid:uuid>/proposer/", proposing.propose_dates, name="rdv_propose"),
    path("rdv/<uuid:uuid>/proposer/reprendre/", proposing.take_back, name="rdv_take_back"),
    path("attente/appels/rdv/<uuid:uuid>/reponse/", calls_rdv.answer, name="call_answer"),
]
