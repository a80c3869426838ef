"""Why a socket closes: one table from errors to close codes."""

from typing import Final

import msgspec

from shared.errors import (
    AppError,
    BudgetExhausted,
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    RateLimited,
    Unauthenticated,
    Unavailable,
    UpgradeRequired,
)

NORMAL: Final = 1000
GOING_AWAY: Final = 1001
POLICY: Final = 1008
INTERNAL: Final = 1011
RESTART: Final = 1012
SESSION_ENDED: Final = 4000
SESSION_NOT_FOUND: Final = 4001
RATE_LIMITED: Final = 4002

_CODES: Final[dict[type[AppError], int]] = {
    Unauthenticated: POLICY,
    Forbidden: POLICY,
    InvalidInput: POLICY,
    UpgradeRequired: POLICY,
    NotFound: SESSION_NOT_FOUND,
    Conflict: SESSION_ENDED,
    RateLimited: RATE_LIMITED,
    BudgetExhausted: RATE_LIMITED,
    Unavailable: INTERNAL,
    AppError: INTERNAL,
}
_LONGEST_REASON: Final = 120  # bytes; a close frame holds 123


class Closing(msgspec.Struct, frozen=True):
    """A close code and the reason that goes with it."""

    code: int
    reason: str

    @property
    def payload(self) -> bytes:
        """The reason as the close frame takes it."""
        return self.reason.encode()[:_LONGEST_REASON].decode(errors="ignore").encode()


def closing_of(error: AppError) -> Closing:
    """Return how a socket closes for an error."""
    code = next(_CODES[kind] for kind in type(error).__mro__ if kind in _CODES)
    return Closing(code, error.message)
