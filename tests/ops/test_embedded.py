"""The embedded servers: what they keep, what they survive, and whom they never touch."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis

from rdv.config import ground, processes
from rdv.config.embedded import DirectoryBusyError, Servers, redis_url_for_worker

pytestmark = pytest.mark.slow  # each test creates a database from nothing

WRITE_AND_DIE = """
import os, pathlib, signal, sys, psycopg
from rdv.config.embedded import Servers
servers = Servers(pathlib.Path(sys.argv[1]))
servers.start()
with psycopg.connect(servers.database_url, autocommit=True) as connection:
    connection.execute("CREATE TABLE kept AS SELECT 42 AS number")
print(servers.postgres.pid, servers.valkey.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def directory(tmp_path):
    """Closed to others, as every directory of root: PostgreSQL then stands in a refuge."""
    directory = tmp_path / "servers"
    yield directory
    if directory.exists():
        Servers(directory).forget()


def answer(servers: Servers, question: str) -> object:
    with psycopg.connect(servers.database_url, autocommit=True) as connection:
        return connection.execute(question).fetchone()[0]


def run_sql(servers: Servers, statement: str) -> None:
    with psycopg.connect(servers.database_url, autocommit=True) as connection:
        connection.execute(statement)


def test_data_are_there_after_a_restart(directory):
    with Servers(directory) as servers:
        run_sql(servers, "CREATE TABLE kept AS SELECT 42 AS number")
        with redis.Redis.from_url(servers.redis_url) as client:
            client.set("kept", "42")
    with Servers(directory) as servers:
        assert answer(servers, "SELECT number FROM kept") == 42
        with redis.Redis.from_url(servers.redis_url) as client:
            assert client.get("kept") == b"42"


def test_the_database_is_like_one_in_production(directory):
    with Servers(directory) as servers:
        assert answer(servers, "SHOW timezone") == "UTC"
        assert int(answer(servers, "SHOW max_connections")) > 200  # engine.md: 200 people on one hour
        assert answer(servers, "SHOW fsync") == "on"
        assert answer(servers, "SELECT usesuper FROM pg_user WHERE usename = current_user") is False
        run_sql(servers, "CREATE EXTENSION btree_gist")  # what migrations need, without being superuser


def test_no_password_no_entry(directory):
    with Servers(directory) as servers:
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(servers.database_url.replace(servers.postgres.password, "wrong"))
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(servers.database_url.replace("rdv:", "postgres:", 1))
        with redis.Redis(port=servers.valkey.port) as client, pytest.raises(redis.AuthenticationError):
            client.ping()


def test_after_kill_9_of_everything_it_starts_again_on_its_data(directory):
    died = subprocess.run([sys.executable, "-c", WRITE_AND_DIE, directory], capture_output=True, text=True, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr
    left = [int(pid) for pid in died.stdout.split()]
    assert [bool(processes.command_of(pid)) for pid in left] == [True, True]  # both servers outlived their parent

    with Servers(directory) as servers:
        assert [processes.command_of(pid) for pid in left] == ["", ""]
        assert answer(servers, "SELECT number FROM kept") == 42


def test_a_pid_file_whose_number_is_now_a_stranger_s(directory):
    with Servers(directory) as servers:
        run_sql(servers, "CREATE TABLE kept AS SELECT 42 AS number")
        data = ground.find_ground(directory).data
    with subprocess.Popen(["sleep", "600"]) as stranger:
        for pid_file in (data / "postmaster.pid", directory / "valkey" / "valkey.pid"):
            pid_file.write_text(f"{stranger.pid}\n")
        with Servers(directory) as servers:
            assert answer(servers, "SELECT number FROM kept") == 42
            assert stranger.poll() is None
        stranger.kill()


def test_a_torn_pid_file_does_not_stop_it(directory):
    with Servers(directory):
        data = ground.find_ground(directory).data
    (data / "postmaster.pid").write_text("")
    with Servers(directory) as servers:
        assert answer(servers, "SELECT 42") == 42


def test_a_creation_cut_short_is_begun_again(directory):
    Servers(directory)
    place = ground.find_ground(directory)
    half = place.data.with_name("postgres.new")
    place.make(half)
    (half / "PG_VERSION").write_text("18\n")
    with Servers(directory) as servers:
        assert answer(servers, "SELECT 42") == 42


def test_one_directory_has_one_master(directory):
    with Servers(directory) as servers:
        with pytest.raises(DirectoryBusyError):
            Servers(directory).start()
        with pytest.raises(DirectoryBusyError):
            Servers(directory).forget()
        assert answer(servers, "SELECT 42") == 42


def test_each_server_falls_and_returns_alone_at_the_same_address(directory):
    with Servers(directory) as servers:
        run_sql(servers, "CREATE TABLE kept AS SELECT 42 AS number")
        addresses = servers.environment

        servers.postgres.kill()
        with pytest.raises(psycopg.OperationalError):
            answer(servers, "SELECT 1")
        with redis.Redis.from_url(servers.redis_url) as client:
            assert client.ping()
        servers.postgres.start()
        assert answer(servers, "SELECT number FROM kept") == 42

        servers.valkey.stop()
        with redis.Redis.from_url(servers.redis_url) as client, pytest.raises(redis.ConnectionError):
            client.ping()
        assert answer(servers, "SELECT number FROM kept") == 42
        servers.valkey.start()
        with redis.Redis.from_url(servers.redis_url) as client:
            assert client.ping()

        assert servers.environment == addresses


def test_forget_leaves_nothing(directory):
    with Servers(directory) as servers:
        pids = [servers.postgres.pid, servers.valkey.pid]
        place = ground.find_ground(directory)
    Servers(directory).forget()
    assert not directory.exists()
    assert not place.data.exists()
    assert not place.data.parent.exists()
    assert [processes.command_of(pid) for pid in pids] == ["", ""]


def test_run_gives_the_status_of_its_command_and_leaves_nothing(tmp_path):
    script = "import os; print(os.environ['DATABASE_URL'], os.environ['REDIS_URL']); raise SystemExit(7)"
    ended = subprocess.run(
        [sys.executable, "-m", "rdv.config.embedded", "run", "--", sys.executable, "-c", script],
        env=os.environ | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 7
    assert ended.stdout.startswith("postgres://rdv:")
    assert [path.name for path in (tmp_path / f"rdv-mds-tests-{os.geteuid()}").iterdir()] == ["lock"]


def test_servers_of_a_killed_test_run_are_swept_by_the_next(tmp_path):
    start = (
        "import os, signal; from rdv.config import embedded; servers = embedded.servers_for_tests();"
        "print(servers.directory, servers.postgres.pid, servers.valkey.pid, flush=True);"
        "os.kill(os.getpid(), {})"
    )
    clean = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL")}
    clean["TMPDIR"] = str(tmp_path)

    def run_and_end_by(sign: int) -> tuple[Path, list[int]]:
        ended = subprocess.run(
            [sys.executable, "-c", start.format(sign)], env=clean, capture_output=True, text=True, check=False
        )
        directory, *pids = ended.stdout.split()
        return Path(directory), [int(pid) for pid in pids]

    killed, left = run_and_end_by(signal.SIGKILL)
    assert killed.exists()
    assert all(processes.command_of(pid) for pid in left)
    second, second_pids = run_and_end_by(0)  # signal 0 does nothing: a run that ends by itself
    assert [killed.exists(), second.exists()] == [False, False]
    assert not any(processes.command_of(pid) for pid in [*left, *second_pids])


@pytest.mark.parametrize(
    ("worker", "database"), [("", 0), ("master", 0), ("gw0", 1), ("gw7", 8)], ids=["alone", "no xdist", "first", "8th"]
)
def test_each_worker_of_a_parallel_run_has_its_own_redis_database(worker, database):
    assert redis_url_for_worker("redis://:x@127.0.0.1:6379/0", worker) == f"redis://:x@127.0.0.1:6379/{database}"
