"""The one gate: each check by name, stopping at the first that fails, then the tests.

Called by the Makefile (`make test`, `make test-fast`, `make lint`). What each check costs is said before the tests,
so that the last line is pytest's own.
"""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
BIN = ROOT / ".venv" / "bin"
PYTHON = str(BIN / "python")
TESTS = ["-m", "pytest", "-n", "2", "--dist", "loadgroup"]
AUDIT = ["--require-hashes", "--disable-pip", "--progress-spinner", "off", "--timeout", "10", "-r", "requirements.txt"]


class Check(NamedTuple):
    name: str
    command: list[str]
    environment: Mapping[str, str] = {}


def tool(name: str, *arguments: str) -> list[str]:
    return [str(BIN / name), *arguments]


def with_servers(*command: str) -> list[str]:
    return [PYTHON, "-m", "rdv.config.embedded", "run", "--", *command]


def production() -> Mapping[str, str]:
    """Values as strong as production must have; nothing listens behind these addresses, and nothing is opened."""
    return {
        "DJANGO_SETTINGS_MODULE": "rdv.config.settings.prod",
        "SECRET_KEY": secrets.token_urlsafe(60),
        "LINK_SECRET": secrets.token_urlsafe(60),
        "HELP_PHONE": "+33353012000",
        "ALLOWED_HOSTS": "rdv.example.org",
        "BASE_URL": "https://rdv.example.org",
        "DATABASE_URL": f"postgres://rdv:{secrets.token_hex(16)}@127.0.0.1:5432/rdv",
        "REDIS_URL": "redis://127.0.0.1:6379/0",
        "SMS_CHANNEL": "twilio",
        "TWILIO_ACCOUNT_SID": "AC" + secrets.token_hex(16),
        "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
        "EMAIL_CHANNEL": "email",
    }


STYLE = [
    Check("ruff check", tool("ruff", "check", "--quiet", ".")),
    Check("ruff format", tool("ruff", "format", "--check", "--quiet", ".")),
]
CHECKS = [
    *STYLE,
    Check("import contracts", tool("lint-imports")),
    # Lint only: djlint's own layout adds spaces between inline elements, which people would see.
    Check("templates", tool("djlint", "--quiet", "--lint", "templates")),
    Check(
        "migrations say all",
        with_servers(PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"),
        {"DJANGO_SETTINGS_MODULE": "rdv.config.settings.test"},
    ),
    Check("production settings", [PYTHON, "manage.py", "check", "--deploy", "--fail-level", "WARNING"], production()),
    Check("types", tool("mypy")),
]


def main(extent: str) -> int:
    os.chdir(ROOT)
    fast = extent == "fast"
    costs: list[str] = []
    steps: list[tuple[str, Callable[[], bool]]] = [
        (check.name, lambda check=check: passes(check)) for check in (STYLE if fast else CHECKS)
    ]
    if not fast:
        steps.append(("known flaws", audit_passes))
    for name, step in steps:
        before = time.monotonic()
        if not step():
            say(f"\nFAILED: {name}")
            return 1
        costs.append(f"{name} {time.monotonic() - before:.1f} s")
        say(f"ok  {costs[-1]}")
    if extent == "lint":
        return 0
    say(f"The gate is passed ({', '.join(costs)}). The tests:")
    chosen = ["-m", "not slow and not e2e"] if fast else []
    return subprocess.run([PYTHON, *TESTS, *chosen], check=False).returncode  # noqa: S603  # our own command


def passes(check: Check) -> bool:
    """Silent when it passes: only what fails is worth reading."""
    answer = run(check.command, check.environment)
    if answer.returncode != 0:
        say(answer.stdout)
    return answer.returncode == 0


def audit_passes() -> bool:
    """A known flaw in a production dependency fails; an advisory service out of reach is said, not failed."""
    answer = run(tool("pip-audit", *AUDIT, "--cache-dir", ".cache/pip-audit"), {})
    if answer.returncode == 0 and "could not be audited" not in answer.stdout:
        return True
    if answer.returncode != 0 and "known vulnerabilit" in answer.stdout:
        say(answer.stdout)
        return False
    say("    known flaws: the advisory service cannot be reached from here, not checked.")
    return True


def run(command: list[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  # our own commands
        command,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
