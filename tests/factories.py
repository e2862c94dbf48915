"""Rows for tests: plain functions, one per thing, sensible when nothing is said. All names and numbers are invented."""

import datetime as dt
import itertools
import uuid
from datetime import UTC, datetime

from agents.models import Affectation, Agent, AgentService, Departement, Role, Service, Site
from rdv.core.links import hash_token, make_token
from rdv.core.text import search_key
from rdv.models import (
    Motif,
    MotifSite,
    Occupation,
    Origin,
    Ouverture,
    Participation,
    PlageMotif,
    PlageOuverture,
    Rdv,
    RdvAgent,
)
from usagers.models import Usager

_numbers = itertools.count(1)
NOW = datetime(2027, 1, 4, 7, 0, tzinfo=UTC)  # Monday, 8:00 in Paris


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def make_departement(code="62", **fields):
    names = {"62": "Pas-de-Calais", "974": "La Réunion", "57": "Moselle", "59": "Nord"}
    name = names.get(code, f"Département {code}")
    values = {
        "name": name,
        "name_with_article": f"du {name}",
        "search_key": search_key(name),
        "slug": search_key(name).replace(" ", "-"),
        "zone_name": "Indian/Reunion" if code == "974" else "Europe/Paris",
        "public_phone": "+33353012000",
        "sms_sender": "MDS",
        "reply_to": f"mds{code.lower()}@example.org",
    }
    departement, _ = Departement.objects.get_or_create(code=code, defaults=values | fields)
    return departement


def make_site(departement=None, **fields):
    departement = departement or make_departement()
    n = next(_numbers)
    name = fields.pop("name", f"MDS numéro {n}")
    values = {
        "slug": f"mds-{n}",
        "name": name,
        "search_key": search_key(name),
        "address": "14 rue des Acacias",
        "postcode": "62300",
        "city": "Lens",
        "latitude": 50.43,
        "longitude": 2.83,
        "phone": "+33353012040",
    }
    return Site.objects.create(departement=departement, **values | fields)


def make_service(departement=None, code="pmi", **fields):
    departement = departement or make_departement()
    values = {"name": code.upper(), "short_name": code.upper()}
    service, _ = Service.objects.get_or_create(departement=departement, code=code, defaults=values | fields)
    return service


def make_agent(departement=None, *, site=None, role=Role.AGENT, services=(), password="motdepasse-de-test-1", **fields):
    departement = departement or (site.departement if site else make_departement())
    n = next(_numbers)
    values = {
        "first_name": "Claire",
        "last_name": f"Vasseur{n}",
        "email": f"agent{n}@example.org",
        "profession": "puéricultrice",
    }
    agent = Agent.objects.create_agent(departement=departement, password=password, **values | fields)
    for service in services:
        AgentService.objects.create(departement=departement, agent=agent, service=service)
    if site or role == Role.ADMIN:
        Affectation.objects.create(
            departement=departement,
            agent=agent,
            site=None if role == Role.ADMIN else site,
            role=role,
            starts_on=dt.date(2020, 1, 1),
        )
    return agent


def make_motif(departement=None, *, sites=(), service=None, **fields):
    departement = departement or make_departement()
    n = next(_numbers)
    values = {
        "slug": f"motif-{n}",
        "name": f"Motif {n}",
        "public_label": "Pesée et conseils",
        "duration_min": 30,
        "who_books": "everyone",
        "tile": "enfant",
    } | fields
    motif = Motif.objects.create(
        departement=departement,
        service=service or make_service(departement),
        search_key=search_key(values["name"]),
        **values,
    )
    for site in sites:
        MotifSite.objects.create(departement=departement, motif=motif, site=site)
    return motif


def make_usager(departement=None, **fields):
    n = next(_numbers)
    values = {
        "first_name": "Samira",
        "last_name": f"Benali{n}",
        "phone": f"+336399{n % 100000:05d}" if n < 80000 else "",
        "email": f"usager{n}@example.net",
        "created_at": NOW,
        "last_contact_at": NOW,
    }
    return Usager.objects.create(departement=departement or make_departement(), **values | fields)


def make_ouverture(agent, motifs, start, end, *, site=None, **fields):
    """One opening with its own one-day plage."""
    zone = agent.departement.zone
    day = start.astimezone(zone).date()
    plage = PlageOuverture.objects.create(
        departement=agent.departement,
        agent=agent,
        site=site,
        first_day=day,
        starts_time=start.astimezone(zone).time(),
        ends_time=end.astimezone(zone).time(),
        expanded_until=day,
    )
    for motif in motifs:
        PlageMotif.objects.create(departement=agent.departement, plage=plage, motif=motif)
    return Ouverture.objects.create(
        departement=agent.departement,
        plage=plage,
        agent=agent,
        site=site,
        occurrence_on=day,
        local_on=day,
        starts_at=start,
        ends_at=end,
        motif_ids=[motif.pk for motif in motifs],
        **fields,
    )


def make_rdv(motif, site, agents, start, *, usagers=(), minutes=None, created_at=NOW, **fields):
    """An Rdv written row by row, without the services: the state a test starts from."""
    end = start + dt.timedelta(minutes=minutes or motif.duration_min)
    values = {
        "modality": motif.modality,
        "origin": Origin.WEB,
        "created_at": created_at,
        "created_by_kind": "systeme",
        "capacity": motif.capacity,
    }
    rdv = Rdv.objects.create(
        departement=motif.departement, motif=motif, site=site, starts_at=start, ends_at=end, **values | fields
    )
    for agent in agents:
        RdvAgent.objects.create(departement=motif.departement, rdv=rdv, agent=agent)
        Occupation.objects.create(
            departement=motif.departement,
            agent=agent,
            starts_at=start - motif.buffer_before,
            ends_at=end + motif.buffer_after,
            kind="rdv",
            rdv=rdv,
        )
    for usager in usagers:
        make_participation(rdv, usager, created_at=created_at)
    return rdv


def make_participation(rdv, usager, *, created_at=NOW, **fields):
    key = uuid.uuid4()
    values = {
        "uuid": key,
        "origin": Origin.WEB,
        "created_at": created_at,
        "created_by_kind": "usager",
        "link_hash": hash_token(make_token("rdv", str(key))),
        "starts_at": rdv.starts_at,
        "ends_at": rdv.ends_at,
    }
    return Participation.objects.create(departement=rdv.departement, rdv=rdv, usager=usager, **values | fields)
