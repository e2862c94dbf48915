"""`make ux`: the nine journeys by the keystroke-level model, one JSON line each, and the table of docs/ux.md again.

    python -m tests.ops.ux

Nothing else is written to the standard output: what pytest says goes to the standard error.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

DOCUMENT = Path("docs/ux.md")
BEGIN, END = "<!-- table: written by make ux -->", "<!-- end of the table -->"
HEAD = "| journey | pages | clicks | keys | seconds | budget |\n| --- | --- | --- | --- | --- | --- |\n"
NAMES = (
    "phone_known",
    "phone_hard",
    "phone_new",
    "phone_waitlist",
    "phone_move",
    "arrival",
    "absent_agent_8",
    "statuses_12",
    "web_booking",
)
PYTEST = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-m", "ux", "tests/e2e"]


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "ux.jsonl"
        kept.touch()
        ran = subprocess.run(PYTEST, env=os.environ | {"UX_FILE": str(kept)}, stdout=sys.stderr, check=False)
        told = in_order(kept.read_text().splitlines())
    for journey in told:
        sys.stdout.write(f"{json.dumps(journey)}\n")
    missing = [name for name in NAMES if name not in {journey["name"] for journey in told}]
    if ran.returncode or missing:
        sys.stderr.write(f"{DOCUMENT} is left as it was. Not told: {', '.join(missing) or 'none'}.\n")
        return 1
    DOCUMENT.write_text(with_table(DOCUMENT.read_text(), told))
    return 0


def in_order(lines: Iterable[str]) -> list[dict]:
    """As the table has them; a journey that nobody expects is an error, not a line left out."""
    return sorted((json.loads(line) for line in lines), key=lambda journey: NAMES.index(journey["name"]))


def with_table(text: str, told: Iterable[dict]) -> str:
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{HEAD}{''.join(map(row, told))}{END}{after}"


def row(journey: dict) -> str:
    counts = " | ".join(str(journey[name]) for name in ("pages", "clicks", "keys"))
    return f"| `{journey['name']}` | {counts} | **{journey['klm_s']}** | {journey['budget_s']} |\n"


if __name__ == "__main__":
    sys.exit(main())
