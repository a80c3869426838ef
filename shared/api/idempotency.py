"""Idempotency-Key: a repeated request gets the first one's answer and has no second effect.

The effect and the mark that it happened commit together; the answer is stored right after. Should the process die in
between, a repetition is told so instead of being carried out again.
"""

import hashlib
from collections.abc import Callable
from typing import Final

import msgspec

from shared.api.events import HttpRequest
from shared.api.reply import Reply
from shared.api.request import Request
from shared.errors import AppError, InvalidInput
from shared.repositories.idempotency import IdempotencyRepository

HEADER: Final = "idempotency-key"
LONGEST_KEY: Final = 200


def key_of(http: HttpRequest) -> str | None:
    """Return the request's key; only POST has one.

    Raises: InvalidInput: the key is too long or not printable ASCII.
    """
    key = http.headers.get(HEADER)
    if http.method != "POST" or not key:
        return None
    if len(key) > LONGEST_KEY or not key.isascii() or not key.isprintable():
        expected = f"at most {LONGEST_KEY} printable ASCII characters"
        raise InvalidInput(f"Idempotency-Key must be {expected}", details={"Idempotency-Key": expected})
    return key


def once(request: Request, key: str, call: Callable[[], Reply]) -> Reply:
    """Answer from the first request with this key, or carry this one out and keep its answer.

    Raises: AppError: the claim or the call itself was refused; a refused call may be repeated.
    """
    with request.unit() as unit:
        claimed = IdempotencyRepository(unit).claim(key, _fingerprint(request.http))
    claim = claimed.result
    if claim.claim is None:
        return Reply(msgspec.Raw((claim.body or "").encode()), claim.status or 200, {"Idempotency-Replayed": "true"})
    request.carry_out(key, claim.claim)
    try:
        reply = call()
    except AppError:
        # Refused: whatever it would have done was rolled back, so it may be tried again.
        request.carried_out()
        with request.unit() as unit:
            IdempotencyRepository(unit).release(key)
        raise
    request.carried_out()
    with request.unit() as unit:
        IdempotencyRepository(unit).store(key, reply.status, msgspec.json.encode(reply.body).decode())
    return reply


def _fingerprint(http: HttpRequest) -> str:
    return hashlib.sha256(f"{http.method} {http.path}\n".encode() + http.body).hexdigest()
