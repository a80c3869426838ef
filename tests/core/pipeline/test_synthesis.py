"""A voice is heard whole and in order however its chunks come, and is not waited for where there is enough of it."""

import asyncio
from collections.abc import AsyncIterator, Callable

from core.pipeline.notices import SpeakingEnded, TurnEnded
from core.providers.tts.port import Voice
from shared.errors import AppError, ProviderUnavailable
from tests.core.pipeline.conftest import Room
from tests.fakes.vendors import FakeModel, FakeVoice

CHUNK = 640  # bytes of 20 ms
CHUNKS = 200


class Counted(FakeVoice):
    """Numbers its samples, four times faster than real time; stops for a while, or fails, at a chunk."""

    def __init__(self, *, stops_at: int | None = None, stops_s: float = 0.0) -> None:
        super().__init__()
        self._stops_at, self._stops_s = stops_at, stops_s
        self.failure_at: tuple[int, AppError] | None = None

    async def speak(self, text: str, *, voice: Voice) -> AsyncIterator[bytes]:
        del voice
        self.pieces.append(text)
        try:
            for number in range(CHUNKS):
                if self.failure_at and number == self.failure_at[0]:
                    raise self.failure_at[1]
                await asyncio.sleep(self._stops_s if number == self._stops_at else 0.005)
                yield number.to_bytes(2, "little") * (CHUNK // 2)
        finally:
            self.closed += 1


def sound(room: Room) -> bytes:
    return b"".join(room.client.only(bytes))


async def test_all_of_it_is_heard_in_order(make_room: Callable[..., Room]) -> None:
    room = make_room(tts=Counted(), llm=FakeModel("It", " is", " blue."))
    session = await room.enter()
    session.ask("Why?")
    await room.client.until(TurnEnded)
    assert sound(room) == b"".join(number.to_bytes(2, "little") * (CHUNK // 2) for number in range(CHUNKS))
    assert room.client.only(SpeakingEnded)[0].duration_ms == CHUNKS * 20


async def test_a_voice_that_pauses_while_there_is_enough_is_not_noticed(make_room: Callable[..., Room]) -> None:
    room = make_room(tts=Counted(stops_at=150, stops_s=1.4), llm=FakeModel("It", " is", " blue."))
    began: list[float] = []
    loop = asyncio.get_running_loop()
    room.client.on_play = lambda: began.append(loop.time())
    session = await room.enter()
    session.ask("Why?")
    await room.client.until(TurnEnded)
    assert loop.time() - began[0] < CHUNKS * 0.02 + 0.1


async def test_what_was_made_before_a_failure_is_heard(make_room: Callable[..., Room]) -> None:
    voice = Counted()
    voice.failure_at = 160, ProviderUnavailable("away", details={"reason": "server_error"})
    room = make_room(tts=voice, llm=FakeModel("It", " is", " blue."))
    session = await room.enter()
    session.ask("Why?")
    await room.client.until(TurnEnded)
    assert len(sound(room)) == 160 * CHUNK
