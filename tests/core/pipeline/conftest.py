import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field

import pytest

from benchmarks.virtual_time import VirtualTimeLoop
from core.observability.record import TurnRecord
from core.pipeline.conversations import Turn, Visit
from core.pipeline.equipment import Equipment
from core.pipeline.session import VoiceSession
from core.providers import Providers
from core.settings import VoiceSettings
from core.voice.dialogue import Microphone
from core.voice.endpointing import Timing
from shared.auth.caller import Caller
from tests.fakes.client import FakeClient
from tests.fakes.conversations import MemoryConversations, MemorySession
from tests.fakes.detector import SILENCE, SPEECH, FakeDetector
from tests.fakes.vendors import FakeModel, FakeRecogniser, FakeVoice

SESSION = "0190aaaa-0000-7000-8000-000000000001"
TENANT = "0190aaaa-0000-7000-8000-00000000000a"
VISIT = Visit(SESSION, Caller("session", TENANT, "credential", "user"))


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Sound is heard in real time, on a clock that jumps over it."""
    del config, item
    return {"virtual time": VirtualTimeLoop}


@dataclass
class Room:
    """A session on fakes, and the hands to play it."""

    stt: FakeRecogniser = field(default_factory=lambda: FakeRecogniser("Why is the sky blue?"))
    llm: FakeModel = field(default_factory=lambda: FakeModel("Well,", " light", " scatters.", " Blue", " most."))
    tts: FakeVoice = field(default_factory=FakeVoice)
    detector: FakeDetector = field(default_factory=FakeDetector)
    conversations: MemoryConversations = field(default_factory=MemoryConversations)
    client: FakeClient = field(default_factory=FakeClient)
    settings: VoiceSettings = field(default_factory=lambda: VoiceSettings(timing=Timing(end_ms=320)))
    records: list[TurnRecord] = field(default_factory=list[TurnRecord])

    def __post_init__(self) -> None:
        self.stored = self.conversations.sessions[SESSION] = MemorySession(TENANT)
        self.conversations.changed = self.client.wake
        self.equipment = Equipment(
            providers=Providers(self.stt, self.llm, self.tts),
            speech=lambda _caller, tts: tts,
            detector=self.detector,
            conversations=self.conversations,
            settings=self.settings,
            observe=self.note,
        )

    def note(self, record: TurnRecord) -> None:
        """Keep what was observed, and let whoever waits look."""
        self.records.append(record)
        self.client.wake()

    async def enter(self, microphone: Microphone | None = None) -> VoiceSession:
        conversation = await self.conversations.open(VISIT)
        self.session = VoiceSession(self.equipment, VISIT, conversation, self.client)
        self.session.configure(microphone or Microphone(hands_free=True), output_rate=16_000)
        return self.session

    def speak(self, windows: int = 8) -> None:
        for _ in range(windows):
            self.session.hear(SPEECH)

    def pause(self, windows: int) -> None:
        for _ in range(windows):
            self.session.hear(SILENCE)

    def say(self) -> None:
        """A whole utterance, and the silence that ends it."""
        self.speak()
        self.pause(11)

    def texts(self, role: str) -> list[str]:
        return [turn.text for turn in self.stored.turns if turn.role == role]

    def last(self, role: str) -> Turn:
        return [turn for turn in self.stored.turns if turn.role == role][-1]


@pytest.fixture
async def make_room() -> AsyncIterator[Callable[..., Room]]:
    """Makes rooms; afterwards their sessions are closed and must have left nothing behind."""
    rooms: list[Room] = []

    def make(**parts: object) -> Room:
        rooms.append(Room(**parts))  # pyright: ignore[reportArgumentType]  # a test's own keywords
        return rooms[-1]

    yield make
    for room in rooms:
        await room.session.close()
        assert room.detector.open_ears == 0
        assert room.llm.closed == len(room.llm.prompts)
        assert room.tts.closed == len(room.tts.pieces)
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.fixture
def room(make_room: Callable[..., Room]) -> Room:
    return make_room()
