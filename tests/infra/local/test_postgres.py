import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from infra.local import keeper, postgres
from infra.local.errors import LocalError
from infra.local.postgres import EmbeddedPostgres

# Everybody the server can run as on this machine: root may also become nobody.
IDENTITIES = sorted(
    {postgres.choose_identity()}
    | {name for name in (keeper.AS_NOBODY,) if postgres.succeeds(name, "/bin/sh", "-c", ":")}
)


OWNER = """
import sys, time
from pathlib import Path
from infra.local.postgres import EmbeddedPostgres
print(EmbeddedPostgres(Path(sys.argv[1]), durable=True).start(), flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a cluster in it, so that most tests need no initdb."""
    folder = tmp_path_factory.mktemp("cluster")
    with EmbeddedPostgres(folder, durable=False):
        return folder


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder everybody may pass through, which tmp_path is not."""
    folder = Path(tempfile.mkdtemp(prefix="unamentis-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


def run(url: str, statement: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(statement.encode())


def answer(url: str, statement: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(statement.encode()).fetchone()
        return row[0] if row else None


def assert_nothing_runs(folder: Path) -> None:
    """Every process of a server holds its folder's lock, so a lock we can take means that none is left."""
    os.close(postgres.lock_folder(folder))


@pytest.mark.parametrize("identity", IDENTITIES)
def test_what_is_committed_outlives_a_restart(open_folder: Path, identity: str) -> None:
    data = open_folder / "data"
    with EmbeddedPostgres(data, durable=True, identity=identity, service_folder=open_folder / "service") as server:
        run(server.url, "CREATE TABLE kept AS SELECT 7 AS n")
    with EmbeddedPostgres(data, durable=True, identity=identity, service_folder=open_folder / "service") as server:
        assert answer(server.url, "SELECT n FROM kept") == 7
    assert_nothing_runs(data)


def test_nobody_who_cannot_reach_the_folder_works_in_the_service_folder(tmp_path: Path, open_folder: Path) -> None:
    data, service = tmp_path / "data", open_folder / "service"
    data.mkdir(mode=0o700)
    data.chmod(0o700)
    if keeper.AS_NOBODY not in IDENTITIES:
        assert postgres.home_of(data, keeper.AS_SELF, service) == data
        return
    with EmbeddedPostgres(data, durable=False, identity=keeper.AS_NOBODY, service_folder=service) as server:
        assert answer(server.url, "SELECT 1") == 1
        assert (postgres.home_of(data, keeper.AS_NOBODY, service) / "cluster" / "PG_VERSION").exists()
    assert not (data / "cluster").exists()


def test_binaries_nobody_can_run_are_copied_once(open_folder: Path) -> None:
    installed = postgres.binaries_for(open_folder, keeper.AS_SELF, open_folder).parent
    first = postgres.copied(installed, open_folder / "service")
    assert postgres.copied(installed, open_folder / "service") == first
    done = subprocess.run([first / "bin" / "postgres", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("postgres (PostgreSQL) 18")


def test_the_database_speaks_utf8_without_a_locale(cluster: Path) -> None:
    with EmbeddedPostgres(cluster, durable=False) as server:
        assert answer(server.url, "SHOW server_encoding") == "UTF8"
        assert answer(server.url, "SELECT datcollate FROM pg_database WHERE datname = 'postgres'") == "C"
        assert answer(server.url, "SHOW timezone") == "UTC"


def test_a_wrong_password_is_refused_on_tcp_and_on_the_socket(cluster: Path) -> None:
    with EmbeddedPostgres(cluster, durable=False) as server:
        for host in ("127.0.0.1", str(cluster)):
            with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
                psycopg.connect(f"host={host} port={server.port} user=postgres password=guess dbname=postgres")
        assert (cluster / "password").stat().st_mode & 0o077 == 0


def test_only_loopback_listens(cluster: Path) -> None:
    with EmbeddedPostgres(cluster, durable=False) as server:
        assert answer(server.url, "SHOW listen_addresses") == "127.0.0.1"


def test_a_second_server_on_the_same_folder_is_refused(cluster: Path) -> None:
    with EmbeddedPostgres(cluster, durable=False) as server:
        with pytest.raises(LocalError, match="is in use by another server"):
            EmbeddedPostgres(cluster, durable=False, patience=0.1).start()
        assert answer(server.url, "SELECT 1") == 1


def test_a_taken_port_is_named(cluster: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(LocalError, match=f"port {port} on 127.0.0.1 is taken"):
            EmbeddedPostgres(cluster, durable=False, port=port).start()


def test_a_killed_owner_leaves_no_server_and_no_harm(tmp_path: Path) -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER, tmp_path], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    url = owner.stdout.readline().strip()
    run(url, "CREATE TABLE kept AS SELECT 7 AS n")
    owner.kill()
    owner.communicate()
    assert_nothing_runs(tmp_path)
    with EmbeddedPostgres(tmp_path, durable=True) as server:
        assert answer(server.url, "SELECT n FROM kept") == 7


def test_a_server_whose_keeper_was_killed_ends_too(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path, durable=False)
    server.start()
    os.kill(server.keeper_pid, signal.SIGKILL)
    server.stop()
    assert_nothing_runs(tmp_path)


def test_a_stale_process_file_naming_a_living_stranger_is_no_obstacle(cluster: Path) -> None:
    stale = cluster / "cluster" / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{cluster}/cluster\n1700000000\n5432\n\n127.0.0.1\n       0         0\nready   \n")
    with EmbeddedPostgres(cluster, durable=False) as server:
        assert answer(server.url, "SELECT 1") == 1


def test_an_interrupted_initdb_is_begun_again(tmp_path: Path) -> None:
    half_made = tmp_path / "cluster.new"
    half_made.mkdir()
    (half_made / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(tmp_path, durable=False) as server:
        assert answer(server.url, "SELECT 1") == 1


def test_a_damaged_cluster_gives_one_line(tmp_path: Path) -> None:
    (tmp_path / "cluster").mkdir(parents=True)
    (tmp_path / "cluster" / "PG_VERSION").write_text("18\n")
    with pytest.raises(LocalError, match="the database does not start") as caught:
        EmbeddedPostgres(tmp_path, durable=False).start()
    assert "\n" not in str(caught.value)


def test_a_cluster_of_a_version_we_do_not_have_gives_one_line(tmp_path: Path) -> None:
    (tmp_path / "cluster").mkdir(parents=True)
    (tmp_path / "cluster" / "PG_VERSION").write_text("12\n")
    with pytest.raises(LocalError, match="holds a PostgreSQL 12 cluster"):
        EmbeddedPostgres(tmp_path, durable=False).start()


def test_a_folder_that_is_a_file_gives_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LocalError, match=r"the database cannot use .*file"):
        EmbeddedPostgres(tmp_path / "file", durable=False).start()
