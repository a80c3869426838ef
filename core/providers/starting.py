"""Adapters that have something slow to start."""

from typing import Protocol, runtime_checkable


@runtime_checkable
class WarmsUp(Protocol):
    """An adapter whose first use would be slow."""

    async def warm_up(self) -> None:
        """Start what is slow to start.

        Raises: ProviderUnavailable: it does not start.
        """
        ...
