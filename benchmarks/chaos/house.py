"""What is broken: the real core process, a database that keeps its promises, and vendors that go wrong when told to."""

import asyncio
import base64
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

import aiohttp

from benchmarks.demo_database import Demo, demo_database
from benchmarks.voice.servers import HOST, ROOT, ServerFailed
from infra.local.ports import free_port
from shared.db import Database, TenantEntry
from shared.ids import new_id
from shared.repositories.jobs import JobRepository
from shared.repositories.sessions import NewSession, SessionRepository
from shared.repositories.turns import Turn, TurnRepository

# A busy machine takes its time.
_START_S: Final = 180.0
_LOOK_S: Final = 0.02
_LAST_WORDS: Final = 1_500
_CONVERSATION: Final = NewSession(
    model_name="chaos", model_context_window=128_000, system_prompt="", auto_expand_context=False
)


class Core:
    """One run after another of `python -m core.main`, on one port.

    Args:
        environment: settings beside those of the database.
    """

    def __init__(self, demo: Demo, folder: Path, environment: Mapping[str, str]) -> None:
        self._port = free_port()
        self.url = f"http://{HOST}:{self._port}"
        self._log = folder / "core.log"
        self._environment = {
            **os.environ,
            "DATABASE_URL": demo.database_url,
            "UNAMENTIS_SECRET": base64.b64encode(demo.secret).decode(),
            "UNAMENTIS_PORT": str(self._port),
            "UNAMENTIS_DATA_DIR": str(folder),
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self, http: aiohttp.ClientSession) -> None:
        """Start it and wait until it welcomes sessions.

        Raises: ServerFailed: it did not; the text ends with what it said.
        """
        self._process = process = self._spawn()
        until = asyncio.get_running_loop().time() + _START_S
        while not await self._answers(http):
            if process.poll() is not None or asyncio.get_running_loop().time() > until:
                raise ServerFailed(f"core did not start:\n{self._log.read_text()[-_LAST_WORDS:]}")
            await asyncio.sleep(_LOOK_S)

    def _spawn(self) -> "subprocess.Popen[bytes]":
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "core.main"], cwd=ROOT, env=self._environment, stdout=log, stderr=log
            )

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    async def _answers(self, http: aiohttp.ClientSession) -> bool:
        try:
            async with http.get(f"{self.url}/health") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False


class House:
    """The database, and everything that is asked of it directly."""

    def __init__(self, demo: Demo, folder: Path) -> None:
        self.demo = demo
        self.folder = folder
        self._database = Database(demo.database_url)
        self._owner = TenantEntry(demo.claims.tenant_id, demo.claims.user_id)

    def session(self) -> str:
        """Make a learning session and return its id."""
        with self._database.unit(self._owner) as unit:
            return SessionRepository(unit).add(_CONVERSATION)

    def turns(self, session_id: str) -> list[Turn]:
        """Return what is stored of a session."""
        with self._database.unit(self._owner) as unit:
            found = TurnRepository(unit).page(session_id, limit=1_000, offset=0)
        return found.result

    def order(self, kind: str) -> str:
        """Order a job and return its id."""
        job_id = new_id()
        with self._database.unit(self._owner) as unit:
            JobRepository(unit).add(job_id, kind, {})
        return job_id

    def completed(self, jobs: Sequence[str]) -> int:
        """Count those that are completed."""
        with self._database.unit(self._owner) as unit:
            found = [JobRepository(unit).get(job_id) for job_id in jobs]
        return sum(job.result.status == "completed" for job in found)

    def restart_database(self) -> None:
        """Shut it down as an administrator would, and start it again."""
        self.demo.server.stop()
        self.demo.server.start()

    def crash_database(self) -> None:
        """Kill it, and start it again: it recovers from its log."""
        pid_file = next(self.demo.server.data_dir.glob("**/cluster/postmaster.pid"))
        os.kill(int(pid_file.read_text().split(maxsplit=1)[0]), signal.SIGKILL)
        self.demo.server.stop()
        self.demo.server.start()

    @asynccontextmanager
    async def core(self, http: aiohttp.ClientSession, name: str, **settings: str) -> AsyncGenerator[Core]:
        """Run a core with these settings until the block ends."""
        folder = self.folder / name
        folder.mkdir()
        core = Core(self.demo, folder, settings)
        try:
            await core.start(http)
            yield core
        finally:
            core.kill()

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()


@contextmanager
def house(folder: Path) -> Generator[House]:
    """Build one, and leave nothing of it."""
    with demo_database(durable=True) as demo:
        made = House(demo, folder)
        try:
            yield made
        finally:
            made.close()
