"""Child processes of the demo and of the tests: started apart from the terminal, stopped in words they understand.

Room: the roof. Called by rdv.config.embedded and rdv.config.demo only; the platform itself starts no process.
"""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

LOOPBACK = "127.0.0.1"
POLL_SECONDS = 0.02
TAIL_LINES = 20

# A signal and how many seconds the process has to obey before the next one.
Insistence = Iterable[tuple[signal.Signals, float]]
POLITE: Insistence = ((signal.SIGTERM, 20), (signal.SIGKILL, 5))


class ProcessFailedError(RuntimeError):
    """A child did not start, or died. The message ends with the last lines of its log."""


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    user: str | None = None,
    group: int | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command` with its output appended to `log`; `user`, `group`: whom to become (only root can).

    In its own session: Ctrl-C in the terminal then reaches only us, and we decide in which order children end.
    """
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603  # callers pass our own programs
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=env,
            start_new_session=True,
            user=user,
            group=group,
            extra_groups=None if user is None else [],
        )


def stop(process: subprocess.Popen[bytes], insistence: Insistence = POLITE) -> None:
    """End `process`, insisting more and more; returns once it is gone."""
    for sign, seconds in insistence:
        if process.poll() is not None:
            return
        if sign is signal.SIGKILL:
            os.killpg(process.pid, sign)  # with the processes it started itself
        else:
            process.send_signal(sign)
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            continue


def stop_stranger(pid: int, insistence: Insistence = POLITE) -> None:
    """The same for a process that is not our child (left by a parent killed with -9)."""
    for sign, seconds in insistence:
        try:
            os.kill(pid, sign)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and command_of(pid):
            time.sleep(POLL_SECONDS)


def stop_leftover(pid_file: Path, mark: str, insistence: Insistence = POLITE) -> None:
    """End what a parent killed with -9 left behind: the process of `pid_file`, if `mark` is in its command line.

    Numbers are given again (after a restart of a container, the very same ones): without the mark, it is a stranger.
    """
    pid = first_number(pid_file)
    if pid and mark in command_of(pid):
        stop_stranger(pid, insistence)


def first_number(pid_file: Path) -> int:
    """The number on the first line; 0 when there is no such file, or no number in it."""
    lines = pid_file.read_text(errors="replace").splitlines() if pid_file.exists() else []
    return int(lines[0]) if lines and lines[0].strip().isdigit() else 0


def command_of(pid: int) -> str:
    """The command line of a live process, '' when there is none (or only its zombie)."""
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            return ""
    answer = subprocess.run(  # noqa: S603  # fixed command, and a number
        ["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return answer.stdout.strip()


def free_port() -> int:
    """A loopback port nobody listens on now; somebody may still take it first, so callers try again."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def is_port_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def last_lines(log: Path, count: int = TAIL_LINES) -> str:
    if not log.exists():
        return "(no log)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-count:])
