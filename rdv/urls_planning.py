"""Addresses of openings and absences."""

from django.urls import URLPattern, URLResolver, path

from rdv.views import planning, planning_absences, planning_copy

urlpatterns: list[URLPattern | URLResolver] = [
    path("ouvertures/", planning.my_planning, name="my_planning"),
    path("ouvertures/agent/<int:agent_id>/", planning.plages, name="plages"),
    path("ouvertures/agent/<int:agent_id>/nouvelle/", planning.plage_create, name="plage_create"),
    path("ouvertures/agent/<int:agent_id>/copier/", planning_copy.copy_week, name="week_copy"),
    path("ouvertures/<uuid:uuid>/", planning.plage, name="plage"),
    path("ouvertures/<uuid:uuid>/arreter/", planning.plage_end, name="plage_end"),
    path("ouvertures/<uuid:uuid>/<str:day>/modifier/", planning.plage_edit, name="plage_edit"),
    path("ouvertures/<uuid:uuid>/<str:day>/annuler/", planning.occurrence_cancel, name="occurrence_cancel"),
    path("ouvertures/<uuid:uuid>/<str:day>/remettre/", planning.occurrence_restore, name="occurrence_restore"),
    path("absences/agent/<int:agent_id>/nouvelle/", planning_absences.absence_create, name="absence_create"),
    path("absences/<uuid:uuid>/", planning_absences.absence, name="absence"),
    path("absences/<uuid:uuid>/modifier/", planning_absences.absence_edit, name="absence_edit"),
    path("absences/<uuid:uuid>/supprimer/", planning_absences.absence_delete, name="absence_delete"),
]
