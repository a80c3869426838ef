"""The HTTP side of the error tree: one table, one envelope."""

from typing import Any, Final

from shared.errors import (
    AppError,
    BudgetExhausted,
    Conflict,
    Forbidden,
    InvalidInput,
    MethodNotAllowed,
    NotDrawable,
    NotFound,
    PayloadTooLarge,
    ProviderUnavailable,
    RateLimited,
    Unauthenticated,
    Unavailable,
    Unprocessable,
    UpgradeRequired,
)

STATUS: Final[dict[type[AppError], int]] = {
    InvalidInput: 400,
    Unauthenticated: 401,
    BudgetExhausted: 402,
    Forbidden: 403,
    NotFound: 404,
    MethodNotAllowed: 405,
    Conflict: 409,
    PayloadTooLarge: 413,
    Unprocessable: 422,
    UpgradeRequired: 426,
    RateLimited: 429,
    Unavailable: 503,
    ProviderUnavailable: 503,
    AppError: 500,
}
INTERNAL: Final = AppError("something went wrong on our side; the request id helps us find it")


def status_of(error: AppError) -> int:
    """Return the HTTP status of an error."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def envelope(error: AppError, request_id: str, *, success_flag: bool) -> dict[str, Any]:
    """Return the body every client can read: `details` is a flat string map and absent when empty."""
    body: dict[str, Any] = {
        "error": error.message,
        "message": error.message,
        "code": error.error_code,
        "request_id": request_id,
    }
    if error.details:
        body["details"] = error.details
    if isinstance(error, RateLimited):
        body["retry_after"] = error.retry_after
    if isinstance(error, NotDrawable):
        body["validationErrors"] = error.problems
    if success_flag:
        body["success"] = False
    return body
