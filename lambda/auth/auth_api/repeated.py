"""An account made or somebody signed in, sent again under its Idempotency-Key: done once, and the first answer again.

Nobody is known before, so the key is kept with the account. Whoever repeats the request proves with everything in it,
the password or the provider's token among that, and with the key, that the answer is theirs.
"""

import msgspec

from auth_api.models import SignedIn
from auth_api.signing_in import Person
from shared.api import Request
from shared.api.idempotency import fingerprint_of, key_of, opened, sealed
from shared.db import Unit
from shared.errors import Conflict, Unprocessable
from shared.repositories.accounts import AccountRepository
from shared.repositories.idempotency import IdempotencyRepository


def mark(unit: Unit, request: Request) -> None:
    """Note the key in the transaction that makes the account or signs in to it.

    Raises at the unit's end: Conflict: the same request is under way, or was carried out a moment ago.
    """
    if key := key_of(request.http):
        IdempotencyRepository(unit).carried_out(key, fingerprint_of(request.context.settings.secret, request.http))


def keep(request: Request, person: Person, answer: SignedIn, status: int) -> SignedIn:
    """Keep the answer, sealed, and return it."""
    if key := key_of(request.http):
        secret = request.context.settings.secret
        kept = sealed(secret, key, fingerprint_of(secret, request.http), msgspec.json.encode(answer))
        with request.unit_for(person.tenant_id, person.user_id) as unit:
            IdempotencyRepository(unit).store(key, status, kept)
    return answer


def first_answer_at(request: Request, email: str) -> SignedIn | None:
    """Return what the first request with this key was answered, where an account has this address.

    Raises: as first_answer.
    """
    if key_of(request.http) is None:
        return None
    with request.unit() as unit:
        known = AccountRepository(unit).find_sign_in(email)
    if known.result is None:
        return None
    return first_answer(request, Person(known.result.tenant_id, known.result.user_id))


def first_answer(request: Request, person: Person) -> SignedIn | None:
    """Return what the first request with this key was answered to somebody, None when there was none.

    Raises: Unprocessable: the key belongs to another request. Conflict: the answer is not there yet, or was lost.
    """
    key = key_of(request.http)
    if key is None:
        return None
    with request.unit_for(person.tenant_id, person.user_id) as unit:
        found = IdempotencyRepository(unit).find(key)
    if found.result is None:
        return None
    secret = request.context.settings.secret
    fingerprint = fingerprint_of(secret, request.http)
    if found.result.fingerprint != fingerprint:
        raise Unprocessable("this Idempotency-Key was used for another request", code="idempotency_key_reused")
    if found.result.body is None:
        message = "this request was carried out, but its answer is not there yet or was lost"
        raise Conflict(message, code="idempotency_answer_lost")
    return msgspec.json.decode(opened(secret, key, fingerprint, found.result.body), type=SignedIn)
