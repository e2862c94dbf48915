"""Addresses of the `agents` app, all under /agents/."""

from django.urls import URLPattern, URLResolver, path

from agents.views import account, admin, enrolment, operateur, passwords, places, sign_in, teams

app_name = "agents"
urlpatterns: list[URLPattern | URLResolver] = [
    path("connexion/", sign_in.sign_in, name="sign_in"),
    path("connexion/code/", sign_in.second_step, name="second_factor"),
    path("connexion/code-de-secours/", sign_in.recovery, name="recovery"),
    path("connexion/sans-code/", sign_in.lost_factor, name="lost_factor"),
    path("connexion/premiere-fois/", enrolment.enrol, name="enrol"),
    path("deconnexion/", sign_in.sign_out, name="sign_out"),
    path("mot-de-passe-oublie/", passwords.forgotten, name="forgotten"),
    # The same address as rdv.core.links.PATHS["compte"].
    path("mot-de-passe/<str:token>/", passwords.set_password, name="set_password"),
    path("confirmer/", passwords.confirm, name="confirm"),
    path("mon-compte/", account.account, name="account"),
    path("mon-compte/mot-de-passe/", account.password, name="password"),
    path("mon-compte/codes-de-secours/", account.recovery_codes, name="recovery_codes"),
    path("mon-compte/sessions/", account.end_sessions, name="end_sessions"),
    path("reglages/", admin.settings, name="settings"),
    path("reglages/ouverture/", admin.open_departement, name="open_departement"),
    # Closing one is rdv:site_opening, closing days rdv:closures: they tell the Rdv to come.
    path("reglages/sites/nouveau/", places.admin_new_site, name="admin_new_site"),
    path("reglages/sites/<int:pk>/", places.admin_site, name="admin_site"),
    path("reglages/services/nouveau/", places.admin_new_service, name="admin_new_service"),
    path("reglages/services/<int:pk>/", places.admin_service, name="admin_service"),
    path("reglages/services/<int:pk>/retirer/", places.admin_remove_service, name="admin_remove_service"),
    path("reglages/equipes/nouvelle/", teams.admin_new_team, name="admin_new_team"),
    path("reglages/equipes/<int:pk>/", teams.admin_team, name="admin_team"),
    path("reglages/equipes/<int:pk>/retirer/", teams.admin_remove_team, name="admin_remove_team"),
    path("comptes/", admin.admin_agents, name="admin_agents"),
    path("comptes/inviter/", admin.admin_invite, name="admin_invite"),
    path("comptes/<int:pk>/", admin.admin_agent, name="admin_agent"),
    path("comptes/<int:pk>/lien/", admin.admin_send_link, name="admin_send_link"),
    path("comptes/<int:pk>/second-facteur/", admin.admin_reset_factor, name="admin_reset_factor"),
    path("comptes/<int:pk>/roles/", admin.admin_add_role, name="admin_add_role"),
    # A role that ends, an account that closes, services that change: rdv/urls_agenda, they tell the Rdv to come.
    path("plateforme/", operateur.operateur_home, name="operateur_home"),
    path("plateforme/departements/nouveau/", operateur.new_departement, name="new_departement"),
]
