"""Vendors that nobody counts, for sessions without a database."""

from collections.abc import Callable

from core.pipeline.conversations import Visit
from core.pipeline.notices import Notice
from core.providers import Providers


class Unmetered:
    """See Metering."""

    def open(self, visit: Visit, tell: Callable[[Notice], None]) -> "OpenPurse":
        """Return a purse without a bottom."""
        del visit, tell
        return OpenPurse()


class OpenPurse:
    """See Purse."""

    def hire(self, providers: Providers) -> Providers:
        """Return the vendors as they are."""
        return providers

    def close(self) -> None:
        """Nothing to give back."""
