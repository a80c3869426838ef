import asyncio

from core.pipeline.speaker import Speaker
from core.voice.playback import Playback
from tests.fakes.client import FakeClient

RATE = 16_000


class Meter(FakeClient):
    """A listener that looks, at each piece of sound, how much it has that is not played yet."""

    playback: Playback

    def __init__(self) -> None:
        super().__init__()
        self.ahead: list[float] = []

    async def play(self, pcm: bytes) -> None:
        now = asyncio.get_running_loop().time()
        self.ahead.append(self.playback.ahead(now) + len(pcm) / 2 / RATE)
        await super().play(pcm)


def speaker(client: Meter) -> tuple[Speaker, list[str]]:
    told: list[str] = []
    made = Speaker(client, "turn", RATE, on_sound=lambda: told.append("sound"), on_piece=lambda: told.append("piece"))
    client.playback = made.playback
    return made, told


async def test_sound_is_never_sent_far_ahead_and_not_in_crumbs() -> None:
    client = Meter()
    made, told = speaker(client)
    made.buffer.begin("One.")
    for _ in range(40):
        await made.buffer.put(bytes(640))
    made.buffer.finish()
    assert await made.run()
    assert max(client.ahead) <= 0.401
    sizes = [len(item) for item in client.only(bytes)]
    assert sum(sizes) == 40 * 640
    assert all(size >= 0.08 * RATE * 2 for size in sizes[1:-1])
    assert told == ["piece", "sound"]


async def test_it_stops_at_the_end_of_a_sentence_when_told_to() -> None:
    client = Meter()
    made, _ = speaker(client)
    for text in ("One,", " two.", " Three."):
        made.buffer.begin(text)
        await made.buffer.put(bytes(640))
    made.buffer.finish()
    made.finish_sentence()
    assert not await made.run()
    assert made.playback.finished_text() == "One, two."
