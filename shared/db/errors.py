"""What PostgreSQL says, in our words."""

import json
from collections.abc import Callable
from typing import Any, Final

import psycopg

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
    Unprocessable,
    UpgradeRequired,
)

# Raised by our own SQL functions: the class name is PT and the HTTP status, the detail a JSON object.
_REFUSALS: Final[dict[str, Callable[[str, dict[str, Any]], AppError]]] = {
    "PT400": lambda message, d: InvalidInput(message, code=d.get("code"), details=d.get("details")),
    "PT401": lambda message, d: Unauthenticated(message, code=d.get("code")),
    "PT402": lambda message, d: BudgetExhausted(message, details=d.get("details")),
    "PT403": lambda message, d: Forbidden(message, code=d.get("code")),
    "PT404": lambda message, d: NotFound(message, code=d.get("code")),
    "PT409": lambda message, d: Conflict(message, code=d.get("code")),
    "PT422": lambda message, d: Unprocessable(message, code=d.get("code")),
    "PT426": lambda message, d: UpgradeRequired(message, details=d.get("details")),
    "PT429": lambda message, d: RateLimited(
        message, retry_after=int(d["retry_after"]), limit=int(d["limit"]), window=int(d["window"])
    ),
}
# Unique indexes whose meaning the caller should know.
_TAKEN: Final = {"users_email": ("this e-mail address has an account already", "email_exists")}
# Values no column of ours can hold: malformed text, out of range, bad encoding.
_BAD_VALUES: Final = frozenset({"22001", "22003", "22007", "22008", "22021", "22P02", "22P05"})


def from_psycopg(exc: psycopg.Error) -> Exception:
    """Return the AppError for a database error, or the error itself where it is our own bug."""
    state = exc.sqlstate or ""
    message = exc.diag.message_primary or "the database refused this"
    if refusal := _REFUSALS.get(state):
        return refusal(message, json.loads(exc.diag.message_detail or "{}"))
    if state in _BAD_VALUES or (isinstance(exc, psycopg.DataError) and not state):
        return InvalidInput("a value has a form or size that cannot be stored")
    if state == "23505":
        text, code = _TAKEN.get(exc.diag.constraint_name or "", ("this already exists", "already_exists"))
        return Conflict(text, code=code)
    # 40: undone because of another transaction, as in a deadlock; the same again is expected to pass.
    if state[:2] in {"08", "40", "53", "57"} or (not state and isinstance(exc, psycopg.OperationalError)):
        return Unavailable("the database does not answer; try again")
    return exc
