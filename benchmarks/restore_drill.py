"""Backs a larger database up, restores it into an empty one, and does the same with PostgreSQL's own tools.

    python -m benchmarks.restore_drill --turns 200000

Both servers are one embedded PostgreSQL with fsync off, so the figures are about the work and not about the disk. The
reference is pg_dump in its custom format at the same compression level, then pg_restore.
"""

import argparse
import resource
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

from infra.local.postgres import SERVICE_FOLDER, EmbeddedPostgres, binaries_for, choose_identity, home_of
from shared.db.backup import back_up
from shared.db.restore import restore
from shared.db.runner import migrate
from shared.domain.backup import Manifest
from shared.storage.backups import BackupFile

TENANT = "0190aaaa-0000-7000-8000-00000000000a"
USER = "0190aaaa-0000-7000-8000-0000000000a1"
TURNS_IN_A_SESSION = 40


def fill(url: str, turns: int) -> None:
    """Store a tenant with sessions of forty turns each."""
    with psycopg.connect(url) as connection:
        connection.execute("SELECT app_enter(%s, %s)", (TENANT, USER))
        connection.execute(
            "INSERT INTO tenants (tenant_id, kind, name) VALUES (%s, 'organisation', 'Drill')", (TENANT,)
        )
        connection.execute(
            "INSERT INTO users (tenant_id, id, email) VALUES (%s, %s, 'd@school.example')", (TENANT, USER)
        )
        connection.execute("ALTER TABLE learning_sessions DISABLE TRIGGER USER")
        connection.execute("ALTER TABLE turns DISABLE TRIGGER USER")
        connection.execute(
            """INSERT INTO learning_sessions (tenant_id, id, user_id, model_context_window)
               SELECT %s, gen_random_uuid(), %s, 200000 FROM generate_series(1, %s)""",
            (TENANT, USER, max(1, turns // TURNS_IN_A_SESSION)),
        )
        connection.execute(
            """INSERT INTO turns (tenant_id, session_id, sequence, id, turn_id, role, content)
               SELECT s.tenant_id, s.id, n, gen_random_uuid(), n::text,
                      CASE n %% 2 WHEN 0 THEN 'assistant' ELSE 'user' END,
                      (SELECT string_agg(md5(s.id::text || n || w), ' ') FROM generate_series(1, 8) AS w)
               FROM learning_sessions s CROSS JOIN generate_series(1, %s) AS n""",
            (TURNS_IN_A_SESSION,),
        )


def database(server: EmbeddedPostgres, name: str) -> str:
    """Make an empty database and return its URL."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return server.url.rpartition("/")[0] + f"/{name}"


def tool(server: EmbeddedPostgres, name: str) -> str:
    """Return the path of one of the tools that came with the server."""
    identity = choose_identity()
    return str(binaries_for(home_of(server.data_dir, identity, SERVICE_FOLDER), identity, SERVICE_FOLDER) / name)


def timed(*command: str) -> float:
    """Run one of PostgreSQL's tools and return how many seconds it took."""
    begin = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - begin


def drill(server: EmbeddedPostgres, folder: Path, turns: int) -> None:
    """Print rows, checksums, times and ratios."""
    source, target, reference = (database(server, name) for name in ("source", "target", "reference"))
    migrate(source)
    fill(source, turns)
    file, dump = folder / "backup.tar", folder / "backup.dump"
    begin = time.perf_counter()
    with BackupFile.writing(file) as place:
        made = back_up(source, place)
    backed_up = time.perf_counter() - begin
    with BackupFile.reading(file) as place:
        restore(target, place)
    restored = time.perf_counter() - begin - backed_up
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    with BackupFile.writing(folder / "again.tar") as place:
        again = back_up(target, place)
    dumped = timed(tool(server, "pg_dump"), "-Fc", "-Z1", "-f", str(dump), source)
    loaded = timed(tool(server, "pg_restore"), "--no-owner", "-d", reference, str(dump))
    show(made, again)
    print(f"backup   {backed_up:6.1f} s  {backed_up / dumped:5.2f} x pg_dump ({dumped:.1f} s)")
    print(f"         {size(file)} beside {size(dump)}")
    print(f"restore  {restored:6.1f} s  {restored / loaded:5.2f} x pg_restore ({loaded:.1f} s), verified twice")
    print(f"memory   {peak_mb:6.0f} MB at most")


def show(made: Manifest, again: Manifest) -> None:
    """Print every table that has rows, and whether the restored one is the same."""
    after = {table.name: (table.rows, table.sha256) for table in again.tables}
    for table in made.tables:
        if table.rows:
            same = "same" if after[table.name] == (table.rows, table.sha256) else "DIFFERENT"
            print(f"{table.name:24}{table.rows:>10,} rows  {table.sha256[:16]}  {same}")
    assert after == {table.name: (table.rows, table.sha256) for table in made.tables}


def size(path: Path) -> str:
    """Return a file's size."""
    return f"{path.stat().st_size / 1e6:.1f} MB"


def main() -> None:
    """Run the drill."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--turns", type=int, default=200_000)
    options = arguments.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="unamentis-drill-") as folder,
        EmbeddedPostgres(Path(folder) / "pg", durable=False) as server,
    ):
        drill(server, Path(folder), options.turns)


if __name__ == "__main__":
    main()
