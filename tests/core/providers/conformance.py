"""What the conformance suites of the three ports share."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

import pytest

from core.metering.vendors import Amounts, Maker
from shared.errors import ProviderUnavailable
from tests.vendors.speech_server import Fault, SpeechServer, speech_server

Item = TypeVar("Item")

# How a vendor fails, and what the adapter may call it.
FAULTS: dict[Fault, tuple[str, ...]] = {
    "401": ("rejected",),
    "429": ("rate_limited",),
    "500": ("server_error",),
    "silence": ("timeout",),
    "half silence": ("timeout",),
    "hang up": ("disconnected",),
    "half hang up": ("disconnected",),
    "malformed": ("malformed",),
    # An event stream without events has ended early; a socket that is none was never open.
    "wrong type": ("malformed", "disconnected"),
    # Interim results without end are no malformed ones.
    "endless": ("malformed", "timeout"),
}
# Short, because some tests wait for it to pass.
LIMIT_S = 2.5


class FreePayer:
    """Pays for anything without counting."""

    longest_utterance_ms = 60_000

    def turn_begins(self) -> None:
        return

    async def for_words(self, maker: Maker, most: Amounts) -> "FreePayer":
        del maker, most
        return self

    async def for_speech(self, maker: Maker, most: Amounts) -> "FreePayer":
        del maker, most
        return self

    async def for_finer_speech(self, maker: Maker, most: Amounts) -> "FreePayer":
        del maker, most
        return self

    def settle(self, used: Amounts) -> None:
        del used


@asynccontextmanager
async def vendor() -> AsyncGenerator[SpeechServer]:
    """A vendor; at the end no request is under way and no task is left of whoever used it."""
    before = asyncio.all_tasks()
    async with speech_server() as server:
        yield server
        async with asyncio.timeout(5):
            await server.idle.wait()
    left = {task for task in asyncio.all_tasks() - before if task is not asyncio.current_task()}
    if left:
        _, left = await asyncio.wait(left, timeout=5)
    assert not left, f"tasks left behind: {left}"


async def utterance(pcm: bytes = b"\x00\x10" * 16_000, *, pieces: int = 10) -> AsyncIterator[bytes]:
    """One second of something, in pieces of whole samples."""
    size = -(-len(pcm) // pieces // 2) * 2 or 2
    for start in range(0, len(pcm), size):
        yield pcm[start : start + size]
        await asyncio.sleep(0)


async def gathered(stream: AsyncIterator[Item]) -> list[Item]:
    return [item async for item in stream]


async def cancelled_after(stream: AsyncIterator[Item], started: asyncio.Event) -> None:
    """Consume a stream in a task, and cancel it once `started`."""
    task = asyncio.create_task(gathered(stream))
    async with asyncio.timeout(5):
        await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def check_failure(caught: ProviderUnavailable, vendor_name: str, reasons: Sequence[str]) -> None:
    """A failure names the vendor and the reason and repeats nothing of what the vendor said."""
    assert caught.details["provider"] == vendor_name
    assert caught.details["reason"] in reasons
    assert "secret" not in f"{caught} {caught.details}"
