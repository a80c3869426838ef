"""How a handler, which runs in a thread, has its answer sent piece by piece."""

from collections.abc import AsyncIterator, Callable
from contextvars import ContextVar
from typing import Final

Stream = Callable[[], AsyncIterator[bytes]]

OFFERED: Final[ContextVar[list[Stream] | None]] = ContextVar("OFFERED", default=None)


def offer(stream: Stream) -> None:
    """Have a stream sent in place of the body the handler returns; without an adapter the body stays."""
    offered = OFFERED.get()
    if offered is not None:
        offered.append(stream)
