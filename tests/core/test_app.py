"""The voice service as it is put together: real detector, database, speech cache and offline voice."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from core.app import build_app
from core.settings import ProviderSettings, Settings
from shared.db import Database
from shared.domain.lesson import Lesson
from shared.errors import InvalidInput
from shared.repositories.session_lessons import SessionLessonRepository
from shared.repositories.sessions import NewSession, SessionRepository
from tests.conftest import ALPHA
from tests.core.ws.conftest import CONFIG, Phone
from tests.fakes.speech import speech
from tests.support.identity import add_beta_token, settings_for

NEW = NewSession(model_name="m", model_context_window=200_000, system_prompt="", auto_expand_context=True)
LEAVES = Lesson(
    "Biology",
    "Leaves",
    ("Plants make their food in their leaves: sugar, out of light, water and air.", "Roots bring the water."),
)


@dataclass
class Service:
    """The running application and a session in it."""

    url: str
    data: Path
    database: Database

    async def call(self, http: aiohttp.ClientSession, *, hands_free: bool) -> Phone:
        with self.database.unit(ALPHA) as unit:
            session_id = SessionRepository(unit).add(NEW)
            SessionLessonRepository(unit).choose_topic(session_id, "leaves", title="Leaves", material=LEAVES)
        token = add_beta_token(self.database, ALPHA)
        phone = Phone(await http.ws_connect(f"{self.url}/ws/audio?token={token}&session={session_id}"))
        await phone.say({**CONFIG, "hands_free": hands_free})
        await phone.until("ready")
        return phone


@pytest.fixture
async def service(database_url: str, database: Database, tmp_path: Path) -> AsyncIterator[Service]:
    app = build_app(
        Settings(
            shared=settings_for(database_url, database_pool=4),
            providers=ProviderSettings(stt="mock", llm="offline", tts="offline"),
            data_dir=str(tmp_path),
        )
    )
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield Service(f"http://127.0.0.1:{runner.addresses[0][1]}", tmp_path, database)
    await runner.cleanup()


@pytest.mark.parametrize("hands_free", [True, False])
async def test_speech_is_heard_and_answered_aloud_from_the_lesson(service: Service, *, hands_free: bool) -> None:
    async with aiohttp.ClientSession() as http:
        phone = await service.call(http, hands_free=hands_free)
        if not hands_free:
            await phone.say({"type": "start_recording"})
        await phone.say(speech("How do plants make their food", after=1.5 if hands_free else 0.1))
        if not hands_free:
            await phone.say({"type": "stop_recording"})
        await phone.until("transcript")
        answer = await phone.until("llm_complete")
        await phone.until("tts_start")
        assert isinstance(await phone.next(), bytes)
        await phone.socket.close()
    assert "leaves" in answer["text"]


async def test_speech_is_kept_for_the_next_time(service: Service) -> None:
    async with aiohttp.ClientSession() as http:
        phone = await service.call(http, hands_free=True)
        await phone.say({"type": "text_input", "text": "How do plants make sugar?"})
        await phone.until("tts_complete")
        await phone.socket.close()
    kept = list((service.data / "objects").rglob("*"))
    assert any(path.is_file() and str(ALPHA.tenant_id) in str(path) for path in kept)


def test_an_unknown_provider_is_named_before_anything_starts() -> None:
    with pytest.raises(InvalidInput, match="UNAMENTIS_STT must be"):
        build_app(Settings(shared=settings_for("postgresql://127.0.0.1:1/x"), providers=ProviderSettings(stt="parrot")))
