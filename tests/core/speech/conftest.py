import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from core.speech.service import SpeechService
from core.speech.shelf import Shelf
from core.speech.speaking import Speaking
from shared.api import Context
from shared.db import Database
from shared.storage.objects import open_objects
from shared.storage.port import Stored
from tests.conftest import ALPHA, BETA
from tests.fakes.tts import FakeTextToSpeech
from tests.support.foreman import Foreman
from tests.support.identity import add_beta_token
from tests.support.speech import speech_service
from tests.support.walk import store_content

# What this deployment speaks.
LANGUAGE = "de-DE"


@dataclass
class Counter:
    """Speech over HTTP on a loopback port; ALPHA has content."""

    client: TestClient[web.Request, web.Application]
    tts: FakeTextToSpeech
    shelf: Shelf
    service: SpeechService
    foreman: Foreman
    alpha: str
    beta: str

    async def call(self, method: str, path: str, *, token: str | None = None, **options: Any) -> ClientResponse:
        headers = {"Authorization": f"Bearer {token or self.alpha}", **options.pop("headers", {})}
        return await self.client.request(method, path, headers=headers, **options)

    async def kept(self, tenant_id: str) -> list[Stored]:
        """Return a tenant's clips once there is one: listeners do not wait until theirs is stored."""
        async with asyncio.timeout(10):
            while not (clips := await asyncio.to_thread(self.shelf.clips, tenant_id)):
                pass
        return clips

    async def say(self, text: str, **fields: Any) -> ClientResponse:
        return await self.call("POST", "/api/tts", json={"text": text, **fields})


@pytest.fixture
async def counter(context: Context, database: Database, database_url: str) -> AsyncIterator[Counter]:
    store_content(database, ALPHA)
    tts, shelf = FakeTextToSpeech(), Shelf(open_objects("memory://"))
    service = speech_service(tts, shelf, language=LANGUAGE)
    app = web.Application()
    service.mount(app, context)
    async with TestClient(TestServer(app)) as client:
        foreman = Foreman(Speaking(database, service.desktop.desk, pause_s=0.001), database, database_url)
        yield Counter(
            client, tts, shelf, service, foreman, add_beta_token(database, ALPHA), add_beta_token(database, BETA)
        )
    assert tts.open == 0


@pytest.fixture
def staff(database_url: str) -> None:
    """Make ALPHA's learner a teacher."""
    import psycopg

    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE memberships SET role = 'teacher'")
