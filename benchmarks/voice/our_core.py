"""Our own voice core for a measurement: `python -m core.main` with mock providers and a database of its own.

    python -m benchmarks.voice.our_core CALLERS

holds one for a profiler or another load generator until Enter: its process id, then an address for each caller.
"""

import base64
import platform
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from benchmarks.demo_database import Demo, demo_database
from benchmarks.voice import dialects
from benchmarks.voice.servers import HOST, ROOT, Server, running
from infra.local.ports import free_port
from shared.db import Database, TenantEntry
from shared.repositories.sessions import NewSession, SessionRepository

SUBJECT: Final = "unamentis"
_ANY_MODEL: Final = NewSession(
    model_name="mock", model_context_window=128_000, system_prompt="", auto_expand_context=False
)


@contextmanager
def our_core(callers: int) -> Generator[Server]:
    """Start it with a learning session for each caller. Raises: ServerFailed: it did not start."""
    with demo_database() as demo:
        port = free_port()
        environment = {
            "DATABASE_URL": demo.database_url,
            "UNAMENTIS_SECRET": base64.b64encode(demo.secret).decode(),
            "UNAMENTIS_PROVIDERS": "mock",
            "UNAMENTIS_HOST": HOST,
            "UNAMENTIS_PORT": str(port),
        }
        urls = [
            f"ws://{HOST}:{port}/ws/audio?token={demo.token}&session={session}" for session in _sessions(demo, callers)
        ]
        with running([sys.executable, "-m", "core.main"], port, environment) as (pid, start_s):
            yield Server(SUBJECT, pid, urls, dialects.unamentis, start_s, _version())


def _sessions(demo: Demo, count: int) -> list[str]:
    """Make one session for each caller: a second connection to the same one would end the first."""
    database = Database(demo.database_url)
    made: list[str] = []
    for _ in range(count):
        with database.unit(TenantEntry(demo.claims.tenant_id, demo.claims.user_id)) as unit:
            made.append(SessionRepository(unit).add(_ANY_MODEL))
    database.close()
    return made


def _version() -> str:
    found = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return f"{found.stdout.strip() or 'no git'}, Python {platform.python_version()}"


if __name__ == "__main__":
    with our_core(int(sys.argv[1])) as server:
        print(server.pid, *server.urls, sep="\n", flush=True)
        sys.stdin.readline()
