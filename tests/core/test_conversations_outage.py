"""A turn is stored once while the way to the database breaks and comes back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from enum import Enum, auto
from urllib.parse import urlsplit

import pytest

from core.conversations import StoredConversations
from core.pipeline.conversations import Turn, Visit
from core.pipeline.notices import StageTimes
from shared.auth.authenticator import Authenticator
from shared.db import Database
from shared.ids import new_id
from shared.repositories.sessions import NewSession, SessionRepository
from shared.repositories.turns import TurnRepository
from tests.conftest import ALPHA
from tests.support.identity import add_beta_token, settings_for


class Way(Enum):
    """How the next connections fare."""

    OPEN = auto()
    CLOSED = auto()  # hung up on at once, as by a server that starts
    ONE_WAY = auto()  # what is asked arrives and is done; the answer never comes


class Path:
    """A way to a server that breaks, and is open again after so many broken connections."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._tasks: set[asyncio.Task[None]] = set()
        self.way = Way.OPEN
        self.breaks = 0
        self.broken = 0

    async def listen(self) -> int:
        self._listener = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port: int = self._listener.sockets[0].getsockname()[1]
        return port

    def close(self) -> None:
        self._listener.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.way is Way.CLOSED:
            self._break(writer)
            return
        upstream, server = await asyncio.open_connection(*self._server)
        await asyncio.gather(self._forward(reader, server), self._answer(upstream, writer), return_exceptions=True)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                # The answer to a unit of work, and not to what a connection begins with.
                if self.way is Way.ONE_WAY and b"SELECT" in data:
                    self._break(writer)
                    return
                writer.write(data)
                await writer.drain()
        writer.close()

    def _break(self, writer: asyncio.StreamWriter) -> None:
        self.broken += 1
        if self.broken == self.breaks:
            self.way = Way.OPEN
        writer.transport.abort()


@pytest.fixture
async def path(database_url: str) -> AsyncIterator[Path]:
    parts = urlsplit(database_url)
    made = Path(parts.hostname or "127.0.0.1", parts.port or 5432)
    yield made
    made.close()


@pytest.mark.parametrize(("way", "breaks"), [(Way.CLOSED, 3), (Way.ONE_WAY, 2)])
async def test_a_turn_is_stored_once(database_url: str, database: Database, path: Path, way: Way, breaks: int) -> None:
    parts = urlsplit(database_url)
    login = parts.netloc.rpartition("@")[0]
    through = parts._replace(netloc=f"{login}@127.0.0.1:{await path.listen()}", query="sslmode=disable").geturl()
    new = NewSession(model_name="m", model_context_window=200_000, system_prompt="", auto_expand_context=True)
    with database.unit(ALPHA) as unit:
        session_id = SessionRepository(unit).add(new)
    caller = Authenticator(settings_for(database_url)).caller(add_beta_token(database, ALPHA), address="127.0.0.1")
    broken = Database(through, pool_size=4)
    conversations, visit = StoredConversations(broken), Visit(session_id, caller)
    await conversations.open(visit)
    path.way, path.breaks = way, breaks
    if way is Way.CLOSED:
        broken.close()  # as a server that ends hangs up on everybody
    await conversations.store(visit, Turn(turn_id=new_id(), role="user", text="Why?", times=StageTimes()))
    broken.close()
    assert path.broken == breaks
    with database.unit(ALPHA) as unit:
        stored = TurnRepository(unit).page(session_id, limit=10, offset=0)
    assert [turn.content for turn in stored.result] == ["Why?"]
