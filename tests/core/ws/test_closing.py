import pytest

from core.ws.closing import Closing, closing_of
from shared.errors import (
    AppError,
    BudgetExhausted,
    Conflict,
    Forbidden,
    NotFound,
    ProviderUnavailable,
    RateLimited,
    Unauthenticated,
)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Unauthenticated("no"), 1008),
        (Forbidden("no"), 1008),
        (NotFound("no"), 4001),
        (Conflict("ended", code="session_ended"), 4000),
        (RateLimited("slow down", retry_after=1, limit=1, window=1), 4002),
        (BudgetExhausted("spent"), 4002),
        (ProviderUnavailable("down"), 1011),
        (AppError("?"), 1011),
    ],
)
def test_every_error_has_a_close_code(error: AppError, code: int) -> None:
    assert closing_of(error) == Closing(code, error.message)


def test_a_reason_fits_a_close_frame_and_stays_text() -> None:
    payload = Closing(1000, "é" * 200).payload
    assert len(payload) <= 123
    assert payload.decode() == "é" * 60
