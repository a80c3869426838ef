"""Ephemeral client secrets of Realtime sockets."""

from collections.abc import Mapping
from typing import Any

import msgspec

from shared.auth.caller import Caller, Client, Kind
from shared.auth.client_secrets import hash_client_secret, mint_client_secret
from shared.db import Json, Pending, Unit


class RealtimeSecret(msgspec.Struct, frozen=True):
    """Whom a secret admits, and to what.

    Attributes:
        session_id: the only session it opens; None: any of its owner's.
        settings: what the session begins with, as the client sent it.
    """

    kind: Kind
    tenant_id: str
    home_id: str
    credential: str | None
    user_id: str
    session_id: str | None
    settings: dict[str, Any]

    def caller(self, address: str) -> Caller:
        """Return the caller, now at a network address; their credential is checked like any other."""
        caller = Caller(self.kind, self.tenant_id, self.credential, self.user_id, address, self.home_id)
        # Whoever made the secret named a device, if one was wanted; the browser that uses it cannot.
        return msgspec.structs.replace(caller, client=Client(id=None))


class RealtimeSecretRepository:
    """Client secrets of the unit's tenant."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def mint(
        self, caller: Caller, *, key: bytes, lasts_s: int, session_id: str | None, settings: Mapping[str, object]
    ) -> str:
        """Queue a fresh secret for the unit's user and return it: it can never be read again.

        Args:
            key: the deployment's secret, which keys the stored hash.
            lasts_s: seconds until it opens nothing more.
        Raises: RuntimeError: the unit has no tenant.
        """
        if self._unit.tenant_id is None:
            raise RuntimeError("a client secret belongs to a tenant")
        secret = mint_client_secret(self._unit.tenant_id)
        self._unit.run("DELETE FROM realtime_secrets WHERE tenant_id = %(tenant_id)s AND expires_at < now()")
        self._unit.run(
            """INSERT INTO realtime_secrets (tenant_id, secret_hash, kind, home_id, credential, user_id, session_id,
                                             settings, expires_at)
               VALUES (%(tenant_id)s, %(secret_hash)s, %(kind)s, %(home_id)s, %(credential)s, app_user(),
                       %(session_id)s, %(settings)s, now() + make_interval(secs => %(lasts_s)s))""",
            secret_hash=hash_client_secret(secret, key),
            kind=caller.kind,
            home_id=caller.home_id,
            credential=caller.credential,
            session_id=session_id,
            settings=Json(dict(settings)),
            lasts_s=lasts_s,
        )
        return secret

    def find(self, secret: str, *, key: bytes) -> Pending[RealtimeSecret | None]:
        """Queue the use of a secret; None when it is not good any more.

        Raises at the unit's end: Unauthenticated, Forbidden: the credential it was made with ended since.
        """
        return self._unit.maybe(
            RealtimeSecret,
            """SELECT s.kind, s.tenant_id, s.home_id, s.credential, s.user_id, s.session_id, s.settings
               FROM realtime_secrets s, app_admit(s.kind, s.home_id, s.credential, s.user_id, s.tenant_id)
               WHERE s.tenant_id = %(tenant_id)s AND s.secret_hash = %(secret_hash)s AND s.expires_at > now()""",
            secret_hash=hash_client_secret(secret, key),
        )
