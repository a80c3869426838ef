import asyncio
import base64
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from msgspec import structs
from openai import AsyncOpenAI
from openai.resources.realtime.realtime import AsyncRealtimeConnection

from core.assembly import LIFECYCLE, Parts, assemble
from core.pipeline.equipment import Equipment
from core.providers import Providers
from core.settings import VoiceSettings
from core.voice.endpointing import Timing
from core.ws.updates import Standing
from shared.auth.caller import Caller
from shared.auth.caller import Client as Program
from shared.errors import Unauthenticated
from tests.fakes.conversations import MemoryConversations, MemorySession
from tests.fakes.detector import SILENCE, SPEECH, FakeDetector
from tests.fakes.realtime import MemoryRealtime
from tests.fakes.vendors import FakeModel, FakeRecogniser, FakeVoice

SESSION = "0190aaaa-0000-7000-8000-000000000001"
NEW_SESSIONS = tuple(f"0190aaaa-0000-7000-8000-0000000000{n}" for n in range(11, 19))
TENANT = "0190aaaa-0000-7000-8000-00000000000a"
# 32 ms at 24 kHz, which is one window of the detector at 16 kHz.
LOUD = b"\x00\x10" * 768
QUIET = bytes(2 * 768)
assert len(SPEECH) == len(SILENCE) == 1024
WORDS = "Why is the sky blue?"
ANSWER = "Light scatters. Blue most."
MANUAL: Any = {"type": "realtime", "audio": {"input": {"turn_detection": None}}}
TEXT: Any = {**MANUAL, "output_modalities": ["text"]}


def message(text: str, role: str = "user", kind: str = "input_text", **fields: Any) -> dict[str, Any]:
    return {"type": "message", "role": role, "content": [{"type": kind, "text": text}], **fields}


class Client:
    """The official SDK's connection, and what came on it."""

    def __init__(self, connection: AsyncRealtimeConnection) -> None:
        self.connection = connection
        self.received: list[Any] = []

    async def send(self, type_: str, **fields: Any) -> None:
        await self.connection.send({"type": type_, **fields})  # pyright: ignore[reportArgumentType]  any event

    async def append(self, pcm: bytes) -> None:
        await self.connection.input_audio_buffer.append(audio=base64.b64encode(pcm).decode())

    async def speak(self, windows: int = 12, silence: int = 20) -> None:
        await self.append(LOUD * windows)
        await self.append(QUIET * silence)

    async def until(self, type_: str) -> Any:
        """Return the next event of a type."""
        async with asyncio.timeout(40):
            while True:
                event = await self.connection.recv()
                self.received.append(event)
                if event.type == type_:
                    return event

    @property
    def types(self) -> list[str]:
        """What came, events of the same type in a row counted once."""
        names = [event.type for event in self.received]
        return [name for i, name in enumerate(names) if not (i and name == names[i - 1])]

    def all(self, type_: str) -> list[Any]:
        return [event for event in self.received if event.type == type_]


@dataclass
class House:
    """The application on a loopback port, on fakes."""

    stt: FakeRecogniser = field(default_factory=lambda: FakeRecogniser(WORDS))
    llm: FakeModel = field(default_factory=lambda: FakeModel("Light", " scatters.", " Blue", " most."))
    tts: FakeVoice = field(default_factory=FakeVoice)
    conversations: MemoryConversations = field(default_factory=MemoryConversations)
    detector: FakeDetector = field(default_factory=lambda: FakeDetector(floor=1_000))
    idle_learner_s: int = 900

    async def start(self) -> None:
        self.session = self.conversations.sessions[SESSION] = MemorySession(TENANT)
        self.store = MemoryRealtime(self.conversations, *NEW_SESSIONS)
        equipment = Equipment(
            providers=Providers(self.stt, self.llm, self.tts),
            speech=lambda _caller, tts: tts,
            detector=self.detector,
            conversations=self.conversations,
            settings=VoiceSettings(timing=Timing(end_ms=320), drain_s=5, idle_learner_s=self.idle_learner_s),
        )
        app = assemble(
            Parts(
                equipment=equipment,
                authenticate=self.authenticate,
                admit=self.admit,
                redeem=self.redeem,
                confirm=self.confirm,
                release=lambda: None,
                realtime=self.store,
            )
        )
        self.lifecycle = app[LIFECYCLE]
        self.runner = web.AppRunner(app)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self.runner.addresses[0][1]}"

    def authenticate(self, token: str | None, address: str) -> Caller:
        if token is None or not token.startswith("token"):
            raise Unauthenticated("the token is not valid")
        return Caller("session", TENANT, token, "user", address=address)

    async def admit(self, token: str | None, address: str, client: Program) -> Caller:
        return structs.replace(self.authenticate(token, address), client=client)

    async def confirm(self, caller: Caller) -> Standing:
        return Standing(caller.user_id or "")

    async def redeem(self, ticket: str, address: str) -> Caller:
        return self.authenticate(ticket.removeprefix("ticket-for-"), address)

    def sdk(self, key: str = "token") -> AsyncOpenAI:
        return AsyncOpenAI(api_key=key, base_url=f"{self.url}/v1")

    @asynccontextmanager
    async def client(self, key: str = "token", session: str | None = SESSION) -> AsyncGenerator[Client]:
        """Connect with the SDK; the session is one of before, or with None a new one."""
        query: dict[str, object] = {"session": session} if session else {}
        async with (
            self.sdk(key) as sdk,
            sdk.realtime.connect(model="gpt-realtime", extra_query=query) as connection,
        ):
            yield Client(connection)

    async def stop(self) -> None:
        await self.runner.cleanup()

    def texts(self) -> list[tuple[str, str]]:
        return [(turn.role, turn.text) for turn in self.session.turns]


@pytest.fixture
async def house() -> AsyncIterator[House]:
    made = House()
    await made.start()
    yield made
    await made.stop()
    assert made.detector.open_ears == 0
    assert made.llm.closed == len(made.llm.prompts)
    assert made.tts.closed == len(made.tts.pieces)
