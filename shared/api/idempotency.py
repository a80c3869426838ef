"""Idempotency-Key: a repeated request gets the first one's answer and has no second effect.

The effect and the mark that it happened commit together; the answer is stored right after. Should the process die in
between, a repetition is told so instead of being carried out again.

Answers may hold a secret that is shown once, and requests a password. So what is kept of a request is a keyed hash, and
of its answer a ciphertext (XChaCha20-Poly1305): the database alone opens neither.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Final
from urllib.parse import urlencode

import msgspec
from nacl.exceptions import CryptoError
from nacl.secret import Aead

from shared.api.events import HttpRequest
from shared.api.reply import Reply
from shared.api.request import Request
from shared.auth.keys import derive
from shared.errors import AppError, Conflict, InvalidInput
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
    secret = request.context.settings.secret
    fingerprint = fingerprint_of(secret, request.http)
    with request.unit() as unit:
        claimed = IdempotencyRepository(unit).claim(key, fingerprint)
    claim = claimed.result
    if claim.claim is None:
        body = opened(secret, key, fingerprint, claim.body or "")
        return Reply(msgspec.Raw(body), claim.status or 200, {"Idempotency-Replayed": "true"})
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
    kept = sealed(secret, key, fingerprint, msgspec.json.encode(reply.body))
    with request.unit() as unit:
        IdempotencyRepository(unit).store(key, reply.status, kept)
    return reply


def fingerprint_of(secret: bytes, http: HttpRequest) -> str:
    """Return the hex of a keyed hash of everything a request asks for."""
    query = f"?{urlencode(sorted(http.query.items()))}" if http.query else ""
    sent = f"{http.method} {http.path}{query}\n".encode() + http.body
    return hmac.new(derive(secret, "idempotent-request"), sent, hashlib.sha256).hexdigest()


def sealed(secret: bytes, key: str, fingerprint: str, body: bytes) -> str:
    """Return an answer as it is kept."""
    box = Aead(derive(secret, "idempotent-answer"))
    return base64.b64encode(box.encrypt(body, _belongs_to(key, fingerprint))).decode()


def opened(secret: bytes, key: str, fingerprint: str, kept: str) -> bytes:
    """Return a kept answer.

    Raises: Conflict: it was kept under another secret of the deployment, or for another request.
    """
    try:
        return Aead(derive(secret, "idempotent-answer")).decrypt(base64.b64decode(kept), _belongs_to(key, fingerprint))
    except (CryptoError, ValueError):
        message = "this request was carried out, but its answer cannot be read any more"
        raise Conflict(message, code="idempotency_answer_lost") from None


def _belongs_to(key: str, fingerprint: str) -> bytes:
    """Return what an answer is sealed with: moved to another request's row, it does not open."""
    return f"{fingerprint} {key}".encode()
