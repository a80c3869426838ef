"""What a Realtime client can do wrong: it ends at most its own connection, and nobody else notices."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from tests.core.realtime.conftest import NEW_SESSIONS, SESSION, House, message
from tests.fakes.conversations import MemorySession
from tests.support.raw_socket import BINARY, COMPRESSED, FINAL, MB, TEXT, Wire, bounded, repeat


def event(type_: str, **fields: object) -> bytes:
    return msgspec.json.encode({"type": type_, **fields})


EMPTY = event("input_audio_buffer.append", audio="")
CLEAR = event("input_audio_buffer.clear")
SYSTEM = event("conversation.item.create", item=message("x" * 16_000, "system"))
# What is still being sent when our close comes may cut the line before the client has read it.
FAULTS: list[tuple[str, Callable[[Wire], Awaitable[None]], int | None]] = [
    ("10,000 events", lambda line: repeat(line, FINAL | TEXT, CLEAR, 10_000), 4002),
    ("10,000 events nobody understands", lambda line: repeat(line, FINAL | TEXT, b"{", 10_000), 4002),
    ("10,000 binary frames", lambda line: repeat(line, FINAL | BINARY, b"\x00", 10_000), 4002),
    ("300 times what the model is to be told", lambda line: repeat(line, FINAL | TEXT, SYSTEM, 300), 4002),
    ("a compressed message that was not agreed on", lambda line: line.send(FINAL | COMPRESSED | TEXT, b"\x00"), 1002),
    ("an event of 5 MB", lambda line: line.send(FINAL | TEXT, bytes(5 * MB)), None),
    ("text that is none", lambda line: line.send(FINAL | TEXT, b"\xff\xfe"), 1007),
]


@pytest.mark.parametrize(("attack", "code"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
async def test_a_fault_ends_its_connection_alone(
    house: House, attack: Callable[[Wire], Awaitable[None]], code: int | None
) -> None:
    house.conversations.sessions[NEW_SESSIONS[0]] = MemorySession(house.session.tenant_id)
    async with house.client(session=NEW_SESSIONS[0]) as neighbour:
        await neighbour.until("session.created")
        line = await Wire.dial(f"{house.url}/v1/realtime?token=token&session={SESSION}")
        await bounded(asyncio.ensure_future(attack(line)), most=12 * MB)
        assert await line.close_code() in ({1009, None} if code is None else {code})
        line.hang_up()
        await neighbour.speak()
        assert (await neighbour.until("response.done")).response.status == "completed"


async def test_sound_that_holds_nothing_is_read_no_faster_than_sound(house: House) -> None:
    line = await Wire.dial(f"{house.url}/v1/realtime?token=token&session={SESSION}")
    sent = 0

    async def flood() -> None:
        nonlocal sent
        while True:
            await line.send(FINAL | TEXT, EMPTY)
            sent += 1

    flooding = asyncio.create_task(flood())
    before = -1
    while before != sent:
        before = sent
        await asyncio.wait({flooding}, timeout=0.5)
    flooding.cancel()
    # Two minutes at 5 ms each, and what fits into the kernel's buffers on the way.
    assert sent >= 24_000
    line.hang_up()
