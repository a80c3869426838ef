"""The port through which a session pays its vendors."""

from collections.abc import Callable
from typing import Protocol

from core.pipeline.conversations import Visit
from core.pipeline.notices import Notice
from core.providers import Providers


class Purse(Protocol):
    """The money of one session."""

    def hire(self, providers: Providers) -> Providers:
        """Return the same vendors, each call of which is paid from this purse.

        Their calls raise BudgetExhausted, before anything is sent to a vendor, when there is no money for them.
        Closing what is returned releases nothing: the vendors belong to the process.
        """
        ...

    def close(self) -> None:
        """Give back what was not spent; calls under way are settled when they end."""
        ...


class Metering(Protocol):
    """Opens purses."""

    def open(self, visit: Visit, tell: Callable[[Notice], None]) -> Purse:
        """Return a session's purse.

        Args:
            tell: is told whenever the session's spending mode changes.
        """
        ...
