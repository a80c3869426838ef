import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import msgspec
import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType, web
from msgspec import structs

from core.assembly import LIFECYCLE, Parts, assemble
from core.pipeline.equipment import Equipment
from core.providers import Providers
from core.providers.tts.port import Voice
from core.quiz.port import NoQuizzes, Quizzes
from core.settings import VoiceSettings
from core.speech.desk import Clip
from core.voice.endpointing import Timing
from core.ws.updates import Standing
from shared.auth.caller import Caller, Client
from shared.errors import Unauthenticated, Unavailable
from tests.fakes.conversations import MemoryConversations, MemorySession
from tests.fakes.detector import SILENCE, SPEECH, FakeDetector
from tests.fakes.vendors import FakeModel, FakeRecogniser, FakeVoice

SESSION = "0190aaaa-0000-7000-8000-000000000001"
TENANT = "0190aaaa-0000-7000-8000-00000000000a"
CONFIG = {"type": "config", "sample_rate": 16_000, "channels": 1, "format": "pcm16", "hands_free": True}


class Phone:
    """A client's end of a socket."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket
        self.received: list[dict[str, Any] | bytes] = []

    async def say(self, message: dict[str, Any] | str | bytes) -> None:
        if isinstance(message, bytes):
            await self.socket.send_bytes(message)
        else:
            await self.socket.send_str(message if isinstance(message, str) else msgspec.json.encode(message).decode())

    async def speak(self, windows: int = 8, silence: int = 11) -> None:
        await self.say(SPEECH * windows)
        await self.say(SILENCE * silence)

    async def next(self) -> dict[str, Any] | bytes | None:
        """Return what comes next, None when the socket closes."""
        message = await self.socket.receive(timeout=40)
        if message.type is WSMsgType.TEXT:
            self.received.append(msgspec.json.decode(message.data))
        elif message.type is WSMsgType.BINARY:
            self.received.append(message.data)
        else:
            return None
        return self.received[-1]

    async def until(self, type_: str) -> dict[str, Any]:
        """Return the next message of a type."""
        while (message := await self.next()) is not None:
            if isinstance(message, dict) and message["type"] == type_:
                return message
        raise AssertionError(f"closed with {self.socket.close_code} before {type_}")

    async def close_code(self) -> int | None:
        while await self.next() is not None:
            pass
        return self.socket.close_code

    @property
    def types(self) -> list[str]:
        names = ["(sound)" if isinstance(item, bytes) else item["type"] for item in self.received]
        return [name for i, name in enumerate(names) if not (i and name == names[i - 1])]


@dataclass
class House:
    """The application on a loopback port, on fakes."""

    stt: FakeRecogniser = field(default_factory=lambda: FakeRecogniser("Why is the sky blue?"))
    llm: FakeModel = field(default_factory=lambda: FakeModel("Light", " scatters.", " Blue", " most."))
    tts: FakeVoice = field(default_factory=FakeVoice)
    conversations: MemoryConversations = field(default_factory=MemoryConversations)
    detector: FakeDetector = field(default_factory=FakeDetector)
    heartbeat_s: int = 25
    idle_learner_s: int = 900
    released: bool = False
    narrated: list[tuple[str, str, Voice]] = field(default_factory=list[tuple[str, str, Voice]])
    narrator_fails: bool = False
    redeemed: set[str] = field(default_factory=set[str])
    tell: Callable[[str], None] | None = None
    quizzes: Quizzes = field(default_factory=NoQuizzes)

    async def start(self) -> None:
        self.session = self.conversations.sessions[SESSION] = MemorySession(TENANT)
        equipment = Equipment(
            providers=Providers(self.stt, self.llm, self.tts),
            speech=lambda _caller, tts: tts,
            detector=self.detector,
            conversations=self.conversations,
            narrate=self.narrate,
            quizzes=self.quizzes,
            settings=VoiceSettings(
                timing=Timing(end_ms=320), drain_s=5, heartbeat_s=self.heartbeat_s, idle_learner_s=self.idle_learner_s
            ),
        )
        app = assemble(
            Parts(
                equipment=equipment,
                authenticate=self.authenticate,
                admit=self.admit,
                redeem=self.redeem,
                confirm=self.confirm,
                release=self.release,
                listen=self.listen,
            )
        )
        self.lifecycle = app[LIFECYCLE]
        app.router.add_get("/health", self.lifecycle.health)
        self.runner = web.AppRunner(app)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self.runner.addresses[0][1]}"
        self.http = aiohttp.ClientSession()

    async def narrate(self, caller: Caller, owner_id: str, text: str, voice: Voice) -> Clip:
        """Speak a passage at once; `narrated` holds what was asked for, the same text is a hit the second time."""
        del caller
        known = text in [each[1] for each in self.narrated]
        self.narrated.append((owner_id, text, voice))
        if self.narrator_fails:
            raise Unavailable("no speech now")
        return Clip(b"\x01\x00" * 16_000, 16_000, "hit" if known else "miss")

    def authenticate(self, token: str | None, address: str) -> Caller:
        if token is None or not token.startswith("token"):
            raise Unauthenticated("the token is not valid")
        return Caller("session", TENANT, token, "user", address=address)

    async def admit(self, token: str | None, address: str, client: Client) -> Caller:
        return structs.replace(self.authenticate(token, address), client=client)

    async def confirm(self, caller: Caller) -> Standing:
        return Standing(caller.user_id or "")

    async def redeem(self, ticket: str, address: str) -> Caller:
        """Take each ticket once, for the token it begins with."""
        if ticket in self.redeemed:
            raise Unauthenticated("the ticket was used before, or has expired")
        self.redeemed.add(ticket)
        return self.authenticate(ticket.removeprefix("ticket-for-"), address)

    async def listen(self, heard: Callable[[str], None], opened: Callable[[], None]) -> None:
        """Hear what a test tells."""
        self.tell = heard
        opened()
        await asyncio.Event().wait()

    def hear(self, event: str, **details: str) -> None:
        """Tell the application what happened to its session elsewhere."""
        assert self.tell is not None
        news = {"tenant": TENANT, "session": SESSION, "status": "active", "event": event, **details}
        self.tell(msgspec.json.encode(news).decode())

    def release(self) -> None:
        self.released = True

    async def call(self, path: str = f"/ws/audio?token=token&session={SESSION}") -> Phone:
        return Phone(await self.http.ws_connect(self.url + path))

    async def configured(self, **changes: Any) -> Phone:
        phone = await self.call()
        await phone.say({**CONFIG, **changes})
        await phone.until("ready")
        return phone

    async def stop_talking(self) -> None:
        """Wait until every connection has stored what it had."""
        for connection in self.lifecycle.live:
            await connection.gone.wait()

    async def stop(self) -> None:
        await self.http.close()
        await self.runner.cleanup()


@pytest.fixture
async def house() -> AsyncIterator[House]:
    made = House()
    await made.start()
    yield made
    await made.stop()
    assert made.released
    assert made.detector.open_ears == 0
    assert made.llm.closed == len(made.llm.prompts)
    assert made.tts.closed == len(made.tts.pieces)
