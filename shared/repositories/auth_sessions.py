"""Sign-ins and the refresh tokens that keep them alive."""

from datetime import datetime
from typing import Literal

import msgspec

from shared.db import Pending, Unit

Outcome = Literal["rotated", "reused", "expired", "inactive", "locked", "unknown"]


class Opened(msgspec.Struct, frozen=True):
    """The device a sign-in belongs to."""

    device_id: str | None


class Rotation(msgspec.Struct, frozen=True):
    """What became of a presented refresh token.

    Attributes:
        user_id: whose it is; None when the token is unknown.
        step: how many successors on the chain's live end is; 1 for a token that had not been rotated before.
    """

    outcome: Outcome
    user_id: str | None
    step: int


class LiveSession(msgspec.Struct, frozen=True):
    """A sign-in as its owner sees it; `is_current` is the one they ask with."""

    id: str
    ip_address: str | None
    user_agent: str | None
    device_name: str | None
    device_type: str | None
    created_at: datetime
    last_activity_at: datetime
    is_current: bool


class AuthSessionRepository:
    """Sign-ins of the unit's tenant."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def open(
        self, session_id: str, *, token_hash: str, lifetime_s: int, fingerprint: str, address: str, user_agent: str
    ) -> Pending[Opened]:
        """Queue a sign-in of the unit's user with its first refresh token.

        Args:
            fingerprint: of a device that is stored before this statement.
        """
        opened = self._unit.one(
            Opened,
            """INSERT INTO auth_sessions (tenant_id, id, user_id, device_id, ip_address, user_agent, expires_at)
               SELECT %(tenant_id)s, %(session_id)s, app_user(),
                      (SELECT d.id FROM devices d WHERE d.tenant_id = %(tenant_id)s AND d.user_id = app_user()
                                                    AND d.fingerprint = %(fingerprint)s),
                      %(address)s, %(user_agent)s, now() + make_interval(secs => %(lifetime_s)s)
               RETURNING device_id""",
            session_id=session_id,
            fingerprint=fingerprint,
            address=address,
            user_agent=user_agent,
            lifetime_s=lifetime_s,
        )
        self._unit.run(
            """INSERT INTO refresh_tokens (tenant_id, auth_session_id, token_hash, expires_at)
               VALUES (%(tenant_id)s, %(session_id)s, %(token_hash)s, now() + make_interval(secs => %(lifetime_s)s))""",
            session_id=session_id,
            token_hash=token_hash,
            lifetime_s=lifetime_s,
        )
        return opened

    def rotate(
        self,
        session_id: str,
        *,
        token_hash: str,
        successors: list[str],
        lifetime_s: int,
        grace_s: int,
        address: str,
        audit_id: str,
        request_id: str,
    ) -> Pending[Rotation]:
        """Queue the exchange of a refresh token; reuse revokes the whole sign-in and is written to the audit log."""
        return self._unit.one(
            Rotation,
            """SELECT outcome, user_id, step
               FROM rotate_refresh_token(%(tenant_id)s, %(session_id)s, %(token_hash)s, %(successors)s,
                                         %(lifetime_s)s, %(grace_s)s, %(address)s, %(audit_id)s, %(request_id)s)""",
            session_id=session_id,
            token_hash=token_hash,
            successors=successors,
            lifetime_s=lifetime_s,
            grace_s=grace_s,
            address=address,
            audit_id=audit_id,
            request_id=request_id,
        )

    def all(self, current_id: str | None) -> Pending[list[LiveSession]]:
        """Queue the list of the user's sign-ins that can still be used, the last used first."""
        return self._unit.all(
            LiveSession,
            """SELECT s.id, s.ip_address, s.user_agent, d.name AS device_name, d.type AS device_type, s.created_at,
                      s.last_activity_at, s.id IS NOT DISTINCT FROM %(current_id)s::uuid AS is_current
               FROM auth_sessions s LEFT JOIN devices d ON d.tenant_id = s.tenant_id AND d.id = s.device_id
               WHERE s.tenant_id = %(tenant_id)s AND s.user_id = app_user() AND s.revoked_at IS NULL
                 AND s.expires_at > now()
               ORDER BY s.last_activity_at DESC, s.id""",
            current_id=current_id,
        )

    def end(self, session_id: str) -> None:
        """Queue the end of one sign-in of the unit's user.

        Raises at the unit's end: NotFound: it is nobody's, somebody else's or over.
        """
        self._unit.run("SELECT end_my_session(%(session_id)s) -- for the tenant_id that entered", session_id=session_id)

    def close(self, session_id: str) -> None:
        """Queue the end of one sign-in of the unit's user."""
        self._unit.run(
            """UPDATE auth_sessions SET revoked_at = now()
               WHERE tenant_id = %(tenant_id)s AND id = %(session_id)s AND user_id = app_user()
                 AND revoked_at IS NULL""",
            session_id=session_id,
        )

    def close_all(self) -> None:
        """Queue the end of every sign-in of the unit's user."""
        self._unit.run(
            """UPDATE auth_sessions SET revoked_at = now()
               WHERE tenant_id = %(tenant_id)s AND user_id = app_user() AND revoked_at IS NULL"""
        )

    def close_by_token(self, session_id: str, *, token_hash: str, all_devices: bool) -> None:
        """Queue the end of the sign-in a refresh token belongs to, or of all of its owner's; the token is the proof."""
        self._unit.run(
            """WITH owner AS (
                   SELECT s.user_id FROM auth_sessions s
                   JOIN refresh_tokens r ON r.tenant_id = s.tenant_id AND r.auth_session_id = s.id
                   WHERE s.tenant_id = %(tenant_id)s AND s.id = %(session_id)s AND s.revoked_at IS NULL
                     AND r.token_hash = %(token_hash)s)
               UPDATE auth_sessions s SET revoked_at = now() FROM owner
               WHERE s.tenant_id = %(tenant_id)s AND s.user_id = owner.user_id AND s.revoked_at IS NULL
                 AND (s.id = %(session_id)s OR %(all_devices)s)""",
            session_id=session_id,
            token_hash=token_hash,
            all_devices=all_devices,
        )
