"""Speech over HTTP as it is put together: real voice, database, budgets and disk; its beginning and its end."""

import asyncio
from pathlib import Path

import aiohttp
import psycopg
import pytest
from aiohttp import web

from core.providers.tts.port import Voice
from core.speech.shelf import Shelf
from shared.auth.caller import Caller
from shared.db import Database
from shared.errors import ProviderUnavailable
from shared.storage.objects import open_objects
from tests.conftest import ALPHA, ALPHA_TENANT
from tests.core.speech.conftest import Counter
from tests.fakes.tts import FakeTextToSpeech
from tests.support.core_app import serving_core
from tests.support.identity import add_beta_token
from tests.support.speech import speech_service


async def test_a_sentence_is_spoken_counted_and_kept(database_url: str, database: Database, tmp_path: Path) -> None:
    headers = {"Authorization": f"Bearer {add_beta_token(database, ALPHA)}"}
    async with (
        serving_core(database_url, tmp_path, tts="offline") as url,
        aiohttp.ClientSession(url, headers=headers) as http,
    ):
        order = {"text": "Leaves make sugar.", "format": "mp3", "voice_id": "nova", "tts_provider": "vibevoice"}
        first = await http.post("/api/tts", json=order)
        assert (first.status, first.headers["X-TTS-Cache-Status"]) == (200, "miss")
        assert 0.5 < float(first.headers["X-TTS-Duration-Seconds"]) < 5
        second = await http.post("/api/tts", json=order)
        assert (await second.read(), second.headers["X-TTS-Cache-Status"]) == (await first.read(), "hit")
    assert len(list((tmp_path / "objects" / "tenants" / ALPHA_TENANT / "speech").iterdir())) == 1
    with psycopg.connect(database_url) as connection:
        spent = connection.execute("SELECT kind, sum(quantity), count(*) FROM usage_events GROUP BY kind").fetchall()
    assert spent == [("speech_out", len("Leaves make sugar."), 1)]


async def test_its_end_stops_jobs_and_finishes_what_is_stored() -> None:
    shelf = Shelf(open_objects("memory://"))
    tts = FakeTextToSpeech()
    service = speech_service(tts, shelf)
    app = web.Application()
    app.cleanup_ctx.append(service.run)
    app.freeze()
    await app.startup()
    desk = service.desktop.desk
    caller = Caller("open", ALPHA_TENANT)
    await desk.say(caller, ALPHA_TENANT, "Hello", Voice())
    tts.held()
    tts.started.clear()
    waiting = asyncio.create_task(desk.say(caller, ALPHA_TENANT, "Never", Voice()))
    await tts.started.wait()
    await app.cleanup()
    with pytest.raises(ProviderUnavailable):
        await waiting
    assert tts.open == 0
    assert len(shelf.clips(ALPHA_TENANT)) == 1


async def test_a_sweep_at_the_beginning_removes_what_is_too_much(counter: Counter) -> None:
    await counter.say("Hello")
    await counter.kept(ALPHA_TENANT)
    crowded = Shelf(counter.shelf.store, most_bytes=0)
    app = web.Application()
    app.cleanup_ctx.append(speech_service(FakeTextToSpeech(), crowded).run)
    app.freeze()
    await app.startup()
    while crowded.clips(ALPHA_TENANT):
        await asyncio.to_thread(crowded.clips, ALPHA_TENANT)
    await app.cleanup()
