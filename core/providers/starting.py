"""Adapters that have something slow to start, and can let go of it while nobody needs them."""

import asyncio
from collections.abc import Iterable
from typing import Final, Protocol, runtime_checkable

# For so many seconds a connection is kept that nobody uses: a learner thinks, or listens to a long answer. Vendors keep
# theirs for longer, and one that a vendor has closed is noticed before it is used.
KEPT_S: Final = 240.0


@runtime_checkable
class WarmsUp(Protocol):
    """An adapter whose first use would be slow: a process to be started, a connection to be made."""

    async def warm_up(self) -> None:
        """Start what is slow to start.

        Raises: ProviderUnavailable: it does not start.
        """
        ...


@runtime_checkable
class Rests(Protocol):
    """An adapter that holds much while nobody uses it; its next use, or `warm_up`, gets it back."""

    @property
    def resting(self) -> bool:
        """Whether nothing is held."""
        ...

    async def rest(self) -> None:
        """Let go of what nobody uses now."""
        ...


async def start(providers: Iterable[object]) -> None:
    """Start what is slow to start in any of them, all at the same time.

    Raises: ProviderUnavailable: the first that does not start, after all were asked.
    """
    starting = (provider.warm_up() for provider in providers if isinstance(provider, WarmsUp))
    outcomes = await asyncio.gather(*starting, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
