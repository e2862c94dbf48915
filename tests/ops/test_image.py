"""The image and the compose file, without Docker: its files in an empty directory must be enough, and agree."""

import ast
import json
import os
import re
import secrets
import shlex
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from rdv.config.children import QUEUES

ROOT = Path(__file__).resolve().parents[2]
OURS = ("rdv", "agents", "usagers", "notifications")
# The extra "simulation": `simulate_waitlist --plots` says in words when it is not there.
PICTURES_ONLY = {"matplotlib"}
PLATFORM = {"migrate", "web", "worker", "worker-background", "beat"}


class Strict(yaml.SafeLoader):
    """Refuses a name that is said twice, as Compose does; PyYAML alone keeps the last one."""

    def construct_mapping(self, node, deep=False):
        names = [self.construct_object(key) for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
        assert len(names) == len(set(names)), f"said twice in {names}"
        return super().construct_mapping(node, deep)


@pytest.fixture(scope="module")
def compose():
    return yaml.load((ROOT / "docker-compose.yml").read_text(), Strict)  # noqa: S506 - Strict is a SafeLoader


@pytest.fixture(scope="module")
def instructions():
    """The Dockerfile as (word, rest) pairs, continued lines joined."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


@pytest.fixture(scope="module")
def image(tmp_path_factory, instructions):
    """What the Dockerfile copies, in an empty directory, with its static files collected by its own command."""
    app = tmp_path_factory.mktemp("image") / "app"
    app.mkdir()
    for word, rest in instructions:
        if word == "COPY" and not rest.startswith("--from") and rest != "requirements.txt .":
            source, target = rest.split()
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, app / target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / source, app / target)
    collect = next(rest for word, rest in instructions if word == "RUN" and "collectstatic" in rest)
    given = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONDONTWRITEBYTECODE": "1"}
    given["DJANGO_SETTINGS_MODULE"] = "rdv.config.settings.prod"
    done = subprocess.run(["sh", "-c", collect], cwd=app, env=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return app, given


def production(compose, service="web"):
    """The environment of a service as compose would fill it from a complete .env."""
    filled = {
        "SECRET_KEY": secrets.token_urlsafe(60),
        "LINK_SECRET": secrets.token_urlsafe(60),
        "HELP_PHONE": "+33353012000",
        "POSTGRES_PASSWORD": secrets.token_hex(16),
        "TWILIO_ACCOUNT_SID": "AC" + secrets.token_hex(16),
        "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
        "HOST": "rdv.example.org",
    }

    def fill(value):
        return re.sub(r"\$\{(\w+)(?::[-?]([^}]*))?\}", lambda found: filled.get(found[1], found[2] or ""), str(value))

    return {name: fill(value) for name, value in compose["services"][service]["environment"].items()}


@pytest.mark.slow
def test_the_files_of_the_image_are_enough_for_production(image, compose):
    app, given = image
    manifest = json.loads((app / "staticfiles" / "staticfiles.json").read_text())
    assert manifest["paths"]
    environment = given | production(compose)
    command = compose["services"]["migrate"]["command"]
    check = shlex.split(command)[2].split(" && ")[0]
    done = subprocess.run(shlex.split(check), cwd=app, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_production_needs_no_package_of_the_workshop():
    """What our own code imports is in requirements.txt, not only in requirements-dev.txt."""
    locked = set(re.findall(r"^([a-z0-9.-]+)==", (ROOT / "requirements.txt").read_text(), re.MULTILINE))
    owners = packages_distributions()
    used = {name for source in OURS for path in (ROOT / source).rglob("*.py") for name in imported_by(path)}
    strangers = used - set(OURS) - sys.stdlib_module_names - PICTURES_ONLY
    assert {"django", "celery"} <= strangers
    for name in strangers:
        packages = {re.sub(r"[-_.]+", "-", package).lower() for package in owners[name]}
        assert packages & locked, name


def imported_by(path: Path) -> set[str]:
    """The first names of all modules that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    "weak",
    [{"SECRET_KEY": "short"}, {"BASE_URL": "http://rdv.example.org"}, {"TWILIO_AUTH_TOKEN": ""}, {"HELP_PHONE": ""}],
    ids=["key", "address", "provider", "number"],
)
def test_a_weak_value_is_refused_before_the_start(image, compose, weak):
    app, given = image
    check = shlex.split(compose["services"]["migrate"]["command"])[2].split(" && ")[0]
    done = subprocess.run(
        shlex.split(check), cwd=app, env=given | production(compose) | weak, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert next(iter(weak)) in done.stderr


def test_every_queue_has_a_worker(compose):
    routed = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()} | {settings.CELERY_TASK_DEFAULT_QUEUE}
    assert routed <= set(QUEUES.split(","))
    commands = [service.get("command", "") for service in compose["services"].values()]
    heard = [name for command in commands for name in re.findall(r"--queues (\S+)", command)]
    assert sorted(",".join(heard).split(",")) == sorted(QUEUES.split(","))


def test_the_processes_of_the_platform_differ_only_by_their_command(compose):
    services = compose["services"]
    assert set(services) == PLATFORM | {"proxy", "postgres", "redis", "mail"}
    for name in PLATFORM:
        for part in ("image", "environment", "read_only", "cap_drop", "security_opt"):
            assert services[name][part] == services["web"][part], (name, part)


def test_every_service_is_watched_and_what_must_last_has_a_volume(compose):
    for name, service in compose["services"].items():
        assert "healthcheck" in service or name == "web", name  # the image itself says how web is watched
    mounted = {
        volume.partition(":")[0] for service in compose["services"].values() for volume in service.get("volumes", [])
    }
    assert mounted == set(compose["volumes"])


def test_only_the_proxy_is_open_to_the_network(compose):
    ports = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert set(ports) == {"proxy", "mail"}
    assert all(port.startswith("127.0.0.1:") for port in ports["mail"])


def test_the_image_runs_without_rights_and_is_watched(instructions):
    words = [word for word, _ in instructions]
    assert next(rest for word, rest in instructions if word == "USER") != "root"
    assert words.index("USER") > max(index for index, word in enumerate(words) if word in ("RUN", "COPY"))
    for word in ("HEALTHCHECK", "CMD"):
        rest = next(rest for found, rest in instructions if found == word)
        assert json.loads(rest[rest.index("[") :])


def test_the_build_sees_only_what_it_copies(instructions):
    copied = {rest.split()[0] for word, rest in instructions if word == "COPY" and not rest.startswith("--from")}
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied == allowed


def test_every_variable_that_production_reads_is_in_the_guide():
    folder = ROOT / "rdv" / "config" / "settings"
    source = (folder / "base.py").read_text() + (folder / "prod.py").read_text()
    read = set(re.findall(r"""\benv(?:\.\w+)?\(\s*"([A-Z_]+)""", source))
    told = set(re.findall(r"`([A-Z_]+)`", (ROOT / "docs" / "deploiement.md").read_text()))
    assert {"SECRET_KEY", "DATABASE_URL"} <= read
    assert read - told == set()


def test_every_value_of_the_compose_file_is_one_that_is_read(compose):
    config = ROOT / "rdv" / "config"
    source = "".join(path.read_text() for path in config.rglob("*.py"))
    given = set(compose["services"]["web"]["environment"])
    assert {name for name in given if f'"{name}"' not in source} == set()
