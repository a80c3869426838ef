"""Hands turns that are over to whoever counts them, after everything the turn itself had to do."""

import asyncio
from collections.abc import Sequence

from core.observability.record import Observe, TurnRecord


class Watch:
    """The Observe of a process. What an observer raises is logged by the event loop and reaches no session."""

    def __init__(self, observers: Sequence[Observe]) -> None:
        self._observers = tuple(observers)

    def __call__(self, record: TurnRecord) -> None:
        """Take a turn; each observer has it when the event loop has done what is due now."""
        loop = asyncio.get_running_loop()
        for observer in self._observers:
            loop.call_soon(observer, record)
