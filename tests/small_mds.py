"""A small MDS, for tests that need somebody of each kind around it: one's own site, another, a far département.

    mds = make_small_mds(names=("MDS de Lens", "MDS de Vimy"), has_waitlist=True)
    mds.departement  mds.site  mds.other_site  mds.pmi  mds.ssl  mds.motif  mds.far
    mds.people["secretary"]      of the site and of the service of the motif
              ["elsewhere"]      a secretary of the other site
              ["other_service"]  an agent of the site, of another service
              ["admin"]          of the département, on no site
              ["stranger"]       a secretary of the far département; ["far_admin"] its administrator

Who receives, when, and who comes, each test says.
"""

from types import SimpleNamespace

from agents.models import Role
from rdv.core.journal import Author
from tests.factories import make_agent, make_departement, make_motif, make_service, make_site

FAR = "974"


def make_small_mds(names=("MDS du Canal", "MDS des Tilleuls"), *, is_everywhere=True, **motif):
    """`is_everywhere`: the motif is received on both sites. `motif`: its fields."""
    departement = make_departement("62")
    site, other_site = (make_site(departement, name=name) for name in names)
    pmi, ssl = make_service(departement, "pmi"), make_service(departement, "ssl")
    sites = [site, other_site] if is_everywhere else [site]
    secretary = make_agent(site=site, role=Role.SECRETAIRE, services=[pmi], last_name="Fontaine")
    people = {
        "secretary": secretary,
        "elsewhere": secretary_of(other_site, pmi),
        "other_service": make_agent(site=site, services=[ssl], last_name="Petit"),
        "admin": make_agent(departement, role=Role.ADMIN, last_name="Minard"),
        "stranger": make_stranger(),
        "far_admin": make_agent(make_departement(FAR), role=Role.ADMIN, last_name="Hoarau"),
    }
    return SimpleNamespace(
        departement=departement,
        site=site,
        other_site=other_site,
        pmi=pmi,
        ssl=ssl,
        motif=make_motif(departement, sites=sites, service=pmi, **motif),
        far=people["stranger"].departement,
        people=people,
        author=Author("agent", secretary.pk, "Isabelle Fontaine", "secretaire"),
    )


def secretary_of(site, service):
    """Of another site of the same département."""
    return make_agent(site=site, role=Role.SECRETAIRE, services=[service], last_name="Leclerc")


def make_stranger(role=Role.SECRETAIRE):
    """Of the same service and role, in another département, whose people have their own motif."""
    far = make_departement(FAR)
    site, service = make_site(far), make_service(far, "pmi")
    make_motif(far, sites=[site], service=service)
    return make_agent(site=site, role=role, services=[service], last_name="Payet")
