"""The people of a fresh installation: a tenant with accounts, each made once."""

from shared.db import Pending, Unit


class DemoSchoolRepository:
    """Rows of the unit's tenant. What exists stays as its owner has changed it since."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def found(self, name: str) -> None:
        """Queue the making of the tenant itself."""
        self._unit.run(
            """INSERT INTO tenants (tenant_id, kind, name) VALUES (%(tenant_id)s, 'organisation', %(name)s)
               ON CONFLICT DO NOTHING""",
            name=name,
        )

    def enrol(self, user_id: str, *, email: str, name: str, role: str) -> None:
        """Queue the making of an account without a password, and its membership."""
        self._unit.run(
            """INSERT INTO users (tenant_id, id, email, display_name)
               VALUES (%(tenant_id)s, %(user_id)s, %(email)s, %(name)s) ON CONFLICT DO NOTHING""",
            user_id=user_id,
            email=email,
            name=name,
        )
        self._unit.run(
            """INSERT INTO memberships (tenant_id, user_id, role) VALUES (%(tenant_id)s, %(user_id)s, %(role)s)
               ON CONFLICT DO NOTHING""",
            user_id=user_id,
            role=role,
        )

    def token_stands(self, token_hash: str) -> Pending[bool]:
        """Queue the question whether a beta token is known, not revoked and not expired."""
        return self._unit.value(
            bool,
            """SELECT EXISTS (SELECT FROM beta_tokens t
                              WHERE t.tenant_id = %(tenant_id)s AND t.token_hash = %(token_hash)s
                                AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now()))""",
            token_hash=token_hash,
        )
