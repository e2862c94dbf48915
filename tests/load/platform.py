"""The platform of the load: the processes of production on embedded servers that wait for the disk, in a directory of
their own, forgotten at the end.
"""

import shutil
import sys
import tempfile
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from rdv.config import processes
from rdv.config.demo import ROOT, Demo
from rdv.config.processes import ProcessFailedError


class Platform(Demo):
    """The demo without its data: gunicorn (2 processes of 4 threads, as in the Dockerfile), worker, beat."""

    def __init__(self, directory, numbers):
        super().__init__(directory)
        self.numbers = numbers

    @property
    def environment(self):
        # One proxy in front, which is us: its word about the network of each person is believed, as in production.
        return {**super().environment, "PROXY_HOPS": "1"}

    def _prepare_data(self):
        self._manage("migrate", "--noinput")
        log = self.directory / "logs" / "world.log"
        command = [sys.executable, "-m", "tests.load.world"]
        for name, number in self.numbers.items():
            command += [f"--{name}", str(number)]
        made = processes.spawn(command, log=log, cwd=ROOT, env=self.environment)
        if made.wait() != 0:
            raise ProcessFailedError(processes.last_lines(log))


@contextmanager
def running(**numbers):
    """`numbers`: those of tests/load/world."""
    with tempfile.TemporaryDirectory(prefix="rdv-mds-load-") as home:
        Path(home).chmod(0o711)  # the servers may run as another account
        platform = Platform(Path(home) / "platform", numbers)
        platform.servers.claim()
        try:
            with redirect_stdout(sys.stderr):  # the words of the demo; our lines stand alone
                platform.start()
            yield platform
        finally:
            platform.stop()
            platform.servers.claim()
            platform.servers.forget()
            shutil.rmtree(platform.directory, ignore_errors=True)
