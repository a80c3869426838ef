"""Claims of idempotency keys and the answers kept under them."""

from datetime import datetime

import msgspec

from shared.db import Pending, Unit


class Claim(msgspec.Struct, frozen=True):
    """The outcome of claiming a key: either `claim` is set, or the first answer's `status` and `body` are."""

    claim: datetime | None
    status: int | None
    body: str | None


class Kept(msgspec.Struct, frozen=True):
    """What is kept of a request that was carried out; the answer's `status` and `body` are None while there is none."""

    fingerprint: str
    status: int | None
    body: str | None


class IdempotencyRepository:
    """Keys of the unit's user."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def claim(self, key: str, fingerprint: str) -> Pending[Claim]:
        """Claim a key, or answer what its first request answered.

        Raises: Unprocessable: the key belongs to another request. Conflict: its request is under way, or was carried
            out and its answer lost.
        """
        sql = "SELECT claim, status, body FROM claim_key(%(key)s, %(fingerprint)s) -- for the tenant_id that entered"
        return self._unit.one(Claim, sql, key=key, fingerprint=fingerprint)

    def carry_out(self, key: str, claim: datetime) -> None:
        """Mark the request as carried out, in the transaction of its effect.

        Raises: Conflict: the claim was lost to a repetition.
        """
        self._unit.run("SELECT carry_out(%(key)s, %(claim)s) -- for the tenant_id that entered", key=key, claim=claim)

    def carried_out(self, key: str, fingerprint: str) -> None:
        """Mark a request as carried out that nobody could claim before: only it tells whose key it is.

        Raises at the unit's end: Unprocessable: the key belongs to another request. Conflict: the same request is under
            way, or was carried out.
        """
        self._unit.run(
            """SELECT carry_out(%(key)s, c.claim) FROM claim_key(%(key)s, %(fingerprint)s) AS c
               -- for the tenant_id that entered""",
            key=key,
            fingerprint=fingerprint,
        )

    def find(self, key: str) -> Pending[Kept | None]:
        """Read what is kept under a key, without claiming it."""
        return self._unit.maybe(
            Kept,
            """SELECT fingerprint, status, body FROM idempotency_keys
               WHERE tenant_id = %(tenant_id)s AND user_id = app_user() AND key = %(key)s""",
            key=key,
        )

    def store(self, key: str, status: int, body: str) -> None:
        """Keep the answer."""
        self._unit.run(
            """UPDATE idempotency_keys SET status = %(status)s, body = %(body)s
               WHERE tenant_id = %(tenant_id)s AND user_id = app_user() AND key = %(key)s""",
            key=key,
            status=status,
            body=body,
        )

    def release(self, key: str) -> None:
        """Forget the claim of a request that was refused."""
        self._unit.run(
            """DELETE FROM idempotency_keys
               WHERE tenant_id = %(tenant_id)s AND user_id = app_user() AND key = %(key)s""",
            key=key,
        )
