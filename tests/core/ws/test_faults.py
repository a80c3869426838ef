"""What a client can do wrong, on purpose or not: it ends at most its own connection, and nobody else notices."""

import asyncio
import zlib
from array import array
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec
import pytest

from tests.core.ws.conftest import CONFIG, SESSION, TENANT, House, Phone
from tests.fakes.conversations import MemorySession
from tests.fakes.detector import SILENCE, SPEECH
from tests.support.raw_socket import BINARY, COMPRESSED, FINAL, MB, TEXT, Wire, bounded, repeat

NEIGHBOUR = "0190aaaa-0000-7000-8000-000000000002"


async def dial(house: House) -> Wire:
    """Connect to SESSION and send the configuration."""
    line = await Wire.dial(f"{house.url}/ws/audio?token=token&session={SESSION}")
    await line.send(FINAL | TEXT, msgspec.json.encode(CONFIG))
    return line


@pytest.fixture
async def neighbour(house: House) -> AsyncIterator[Phone]:
    """Somebody else, in another session of the same process; afterwards nothing of theirs was disturbed."""
    house.conversations.sessions[NEIGHBOUR] = MemorySession(TENANT)
    phone = await house.call(f"/ws/audio?token=token&session={NEIGHBOUR}")
    await phone.say(CONFIG)
    await phone.until("ready")
    yield phone
    await phone.speak()
    await phone.until("turn_complete")
    assert phone.types.count("error") == 0


BOMB = zlib.compressobj(9, zlib.DEFLATED, -15)
BOMB_BYTES = BOMB.compress(bytes(64 * MB)) + BOMB.flush()
FAULTS: list[tuple[str, Callable[[Wire], Awaitable[None]], int]] = [
    ("10,000 pings", lambda line: repeat(line, FINAL | TEXT, b'{"type":"ping"}', 10_000), 4002),
    ("10,000 messages nobody understands", lambda line: repeat(line, FINAL | TEXT, b"{", 10_000), 4002),
    ("10,000 halves of samples", lambda line: repeat(line, FINAL | BINARY, b"\x00", 10_000), 4002),
    ("a compressed bomb that was not agreed on", lambda line: line.send(FINAL | COMPRESSED | TEXT, BOMB_BYTES), 1002),
    ("a message without end", lambda line: repeat(line, 0, bytes(65_536), 40), 1002),
    ("text that is none", lambda line: line.send(FINAL | TEXT, b"\xff\xfe"), 1007),
    ("a frame of 2 MB", lambda line: line.send(FINAL | BINARY, bytes(2 * MB)), 1009),
    ("a frame of a kind that does not exist", lambda line: line.send(FINAL | 3, b""), 1002),
]


@pytest.mark.usefixtures("neighbour")
@pytest.mark.parametrize(("attack", "code"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
async def test_a_fault_has_its_close_code(house: House, attack: Callable[[Wire], Awaitable[None]], code: int) -> None:
    line = await dial(house)
    await bounded(asyncio.ensure_future(attack(line)), most=8 * MB)
    assert await line.close_code() == code
    line.hang_up()
    assert await house.configured()


@pytest.mark.usefixtures("neighbour")
async def test_fragments_count_as_one_message(house: House) -> None:
    line = await dial(house)
    await line.send(BINARY, bytes(65_536))
    await bounded(asyncio.ensure_future(repeat(line, 0, bytes(65_536), 40)), most=8 * MB)
    assert await line.close_code() == 1009
    line.hang_up()


@pytest.mark.usefixtures("neighbour")
@pytest.mark.parametrize("size", [2, 320, 640, 1_920, 3_200, 8_000, 31_998])
async def test_frames_of_any_size_say_the_same(house: House, size: int) -> None:
    phone = await house.configured()
    pcm = SILENCE * 10 + SPEECH * 8 + SILENCE * 12
    for start in range(0, len(pcm), size):
        await phone.say(pcm[start : start + size])
    await phone.until("turn_complete")
    heard = array("h")
    heard.frombytes(house.stt.utterances[0])
    assert heard.tolist().count(1) == 8 * 512


@pytest.mark.usefixtures("neighbour")
async def test_sound_faster_than_anybody_speaks_is_read_no_further(house: House) -> None:
    line = await dial(house)
    sent = 0

    async def flood() -> None:
        nonlocal sent
        while True:
            await line.send(FINAL | BINARY, SILENCE * 60)
            sent += len(SILENCE) * 60

    flooding = asyncio.create_task(flood())
    before = -1
    while before != sent:
        before = sent
        await asyncio.wait({flooding}, timeout=0.5)
    flooding.cancel()
    # Two minutes of it, and what fits into the kernel's buffers on the way.
    assert 3 * MB < sent < 16 * MB
    line.hang_up()


async def test_somebody_who_never_stops_is_answered_now_and_then(house: House, neighbour: Phone) -> None:
    phone = await house.configured()
    await bounded(asyncio.ensure_future(phone.say(SPEECH * 500)), most=8 * MB)
    for _ in range(4):
        await phone.say(SPEECH * 500)
    await phone.until("vad_end")
    await phone.until("transcript")
    assert 60 <= len(house.stt.utterances[0]) / 32_000 < 61
    await neighbour.say({"type": "ping"})
    await neighbour.until("pong")


@pytest.mark.usefixtures("neighbour")
async def test_a_client_that_comes_back_in_a_loop_has_one_session(house: House) -> None:
    async def loop() -> None:
        goodbyes: list[asyncio.Task[int | None]] = []
        for _ in range(30):
            phone = await house.call()
            await phone.say(CONFIG)
            goodbyes.append(asyncio.create_task(phone.close_code()))
        assert await house.configured()
        assert {await goodbye for goodbye in goodbyes} == {1000}

    await bounded(asyncio.ensure_future(loop()), most=8 * MB)
    assert len(house.lifecycle.live) == 2
    assert house.detector.open_ears == 2


async def test_a_client_whose_heart_has_stopped_is_let_go() -> None:
    house = House(heartbeat_s=1)
    await house.start()
    house.tts.seconds = 3
    line = await dial(house)
    await line.send(FINAL | TEXT, b'{"type":"text_input","text":"Why?"}')
    # It answers no ping: nobody waits for it longer than one and a half beats.
    async with asyncio.timeout(10):
        assert await line.close_code() is None
    line.hang_up()
    await house.stop()
    assert house.session.turns[0].text == "Why?"
    assert house.detector.open_ears == 0
