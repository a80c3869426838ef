"""OpenAI's own client and a client of our own hold the same conversation: same words, same answer, stored alike.

To see it: `pytest -n 0 -s tests/core/realtime/test_same_conversation.py`.
"""

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from openai import AsyncOpenAI

from core.speech.formats import read_wav
from shared.db import Database
from shared.domain.lesson import Lesson
from shared.repositories.session_lessons import SessionLessonRepository
from shared.repositories.sessions import NewSession, SessionRepository
from shared.repositories.turns import TurnRepository
from tests.conftest import ALPHA
from tests.core.realtime.conftest import Client
from tests.core.ws.conftest import CONFIG, Phone
from tests.support.core_app import serving_core
from tests.support.identity import add_beta_token

RECORDING = Path(__file__).parents[3] / "samples" / "question.wav"
NEW = NewSession(model_name="m", model_context_window=200_000, system_prompt="", auto_expand_context=False)
LESSON = Lesson(
    "Physics", "The sky", ("The sky is blue because air scatters blue light more than red light.", "Dusk is red.")
)


@dataclass
class Place:
    """The running service, and a learner's token."""

    url: str
    token: str
    database: Database

    def session(self) -> str:
        with self.database.unit(ALPHA) as unit:
            session_id = SessionRepository(unit).add(NEW)
            SessionLessonRepository(unit).choose_topic(session_id, "sky", title="The sky", material=LESSON)
        return session_id

    def stored(self, session_id: str) -> list[tuple[str, str, bool, bool]]:
        with self.database.unit(ALPHA) as unit:
            turns = TurnRepository(unit).page(session_id, limit=10, offset=0)
        return [(turn.role, turn.content, turn.complete, turn.interrupted) for turn in turns.result]


@pytest.fixture
async def place(database_url: str, database: Database, tmp_path: Path) -> AsyncIterator[Place]:
    async with serving_core(database_url, tmp_path, stt="offline", tts="offline") as url:
        yield Place(url, add_beta_token(database, ALPHA), database)


def pieces(pcm: bytes, size: int) -> list[bytes]:
    return [pcm[at : at + size] for at in range(0, len(pcm), size)]


async def by_our_own(place: Place, session_id: str) -> tuple[str, str, int]:
    """Ask by `/ws/audio`; return the words heard, the answer, and the milliseconds of its sound."""
    async with aiohttp.ClientSession() as http:
        phone = Phone(await http.ws_connect(f"{place.url}/ws/audio?token={place.token}&session={session_id}"))
        await phone.say({**CONFIG, "output_sample_rate": 24_000})
        for pcm in pieces(read_wav(RECORDING.read_bytes(), 16_000) + bytes(32_000), 3_200):
            await phone.say(pcm)
        heard = await phone.until("transcript")
        answer = await phone.until("llm_complete")
        await phone.until("turn_complete")
        await phone.socket.close()
    sound = sum(len(item) for item in phone.received if isinstance(item, bytes))
    return heard["text"], answer["text"], sound // 48


async def by_openai(place: Place, session_id: str) -> tuple[str, str, int]:
    """Ask by `/v1/realtime` with the official SDK; return the same."""
    async with (
        AsyncOpenAI(api_key=place.token, base_url=f"{place.url}/v1") as sdk,
        sdk.realtime.connect(model="gpt-realtime", extra_query={"session": session_id}) as connection,
    ):
        client = Client(connection)
        for pcm in pieces(read_wav(RECORDING.read_bytes(), 24_000) + bytes(48_000), 4_800):
            await client.append(pcm)
        heard = await client.until("conversation.item.input_audio_transcription.completed")
        done = await client.until("response.done")
    sound = sum(len(base64.b64decode(event.delta)) for event in client.all("response.output_audio.delta"))
    return heard.transcript, done.response.output[0].content[0].transcript, sound // 48


async def test_both_clients_hold_the_same_conversation(place: Place) -> None:
    ours, theirs = place.session(), place.session()
    by_us, by_them = await by_our_own(place, ours), await by_openai(place, theirs)
    print(f"\nour own client: {by_us}\nopenai's client: {by_them}\nstored: {place.stored(theirs)}")  # noqa: T201
    assert by_us[:2] == by_them[:2]
    assert by_us[2] == pytest.approx(by_them[2], abs=20)
    assert "sky" in by_us[0].lower()
    assert place.stored(ours) == place.stored(theirs)
    assert [role for role, *_ in place.stored(ours)] == ["user", "assistant"]


async def test_a_secret_from_the_sdk_opens_a_socket_until_its_owner_is_revoked(
    place: Place, database: Database
) -> None:
    async with AsyncOpenAI(api_key=place.token, base_url=f"{place.url}/v1") as sdk:
        wanted: Any = {"type": "realtime", "output_modalities": ["text"], "audio": {"input": {"turn_detection": None}}}
        secret = await sdk.realtime.client_secrets.create(session=wanted)
    async with AsyncOpenAI(api_key=secret.value, base_url=f"{place.url}/v1") as sdk:
        for _ in range(2):
            async with sdk.realtime.connect(model="gpt-realtime") as connection:
                client = Client(connection)
                session = (await client.until("session.created")).session
                assert session.output_modalities == ["text"]
                item: Any = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello?"}]}
                await connection.conversation.item.create(item=item)
                await connection.response.create()
                await client.until("response.done")
            assert [role for role, *_ in place.stored(session.id)] == ["user", "assistant"]
        with database.unit(ALPHA) as unit:
            unit.run("UPDATE beta_tokens SET revoked_at = now() WHERE tenant_id = %(tenant_id)s")
        async with sdk.realtime.connect(model="gpt-realtime") as connection:
            assert (await Client(connection).until("error")).error.code == "invalid_token"
    with database.unit(ALPHA) as unit:
        kept = unit.all(
            dict[str, Any], "SELECT realtime_secrets::text FROM realtime_secrets WHERE tenant_id = %(tenant_id)s"
        )
    assert kept.result
    assert secret.value not in str(kept.result)
