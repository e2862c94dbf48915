"""A demo in a process of its own, as `make demo` runs it: for the test of the demo and for the screenshots."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from rdv.config import processes
from rdv.config.ground import find_ground

HANG_SECONDS = 300  # a guard against waiting for ever, not a measure


class RunningDemo:
    """Started, and read until it says READY. `card` is demo.json, `said` all that a person would have read."""

    def __init__(self, directory: Path, port: int) -> None:
        environment = os.environ | {"DEMO_DIR": str(directory), "DEMO_PORT": str(port)}
        self.directory = directory
        self.process = subprocess.Popen(
            [sys.executable, "-m", "rdv.config.demo"], env=environment, stdout=subprocess.PIPE, text=True
        )
        self.said = self._listen_until_ready()
        self.card = json.loads((directory / "demo.json").read_text())
        self.pids = {path.stem: int(path.read_text()) for path in (directory / "run").glob("*.pid")}
        servers = directory / "servers"
        pid_files = [find_ground(servers).data / "postmaster.pid", servers / "valkey" / "valkey.pid"]
        self.server_pids = [processes.first_number(path) for path in pid_files]
        assert all(self.server_pids)

    def _listen_until_ready(self) -> str:
        said = ""
        for line in self.process.stdout:
            said += line
            if line.startswith("READY"):
                return said
        raise RuntimeError(f"The demo never became ready:\n{said}")

    def end_by(self, sign: signal.Signals) -> int:
        self.process.send_signal(sign)
        return self.wait()

    def wait(self) -> int:
        rest, _ = self.process.communicate(timeout=HANG_SECONDS)
        self.said += rest
        return self.process.returncode

    def is_everything_gone(self) -> bool:
        pids = [*self.pids.values(), *self.server_pids]
        return not any(processes.command_of(pid) for pid in pids) and processes.is_port_free(self.card["port"])


def ask_demo(directory: Path, action: str) -> str:
    """What `python -m rdv.config.demo reset` or `codes` answers."""
    return subprocess.run(
        [sys.executable, "-m", "rdv.config.demo", action],
        env=os.environ | {"DEMO_DIR": str(directory)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
