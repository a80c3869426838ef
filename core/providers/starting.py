"""Adapters that have something slow to start, and can let go of it while nobody needs them."""

from typing import Protocol, runtime_checkable


@runtime_checkable
class WarmsUp(Protocol):
    """An adapter whose first use would be slow."""

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
