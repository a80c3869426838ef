"""Administrators of a test's own database."""

import time

from shared.auth.admins import hash_session_token, new_session_token
from shared.auth.totp import STEP_S, code_at, totp_key
from shared.db import Database
from shared.db.entry import CommandLine
from shared.ids import new_id
from shared.repositories.admins import AdminRepository
from tests.support.identity import SECRET

NONCE = "a-nonce"


def add_admin(
    database_url: str,
    name: str,
    *,
    role: str = "superadmin",
    tenants: list[str] | None = None,
    password_hash: str | None = None,
) -> str:
    """Make an administrator and return their id."""
    admin_id = new_id()
    owner = Database(database_url, role=None)
    with owner.unit(CommandLine("admin add")) as unit:
        AdminRepository(unit).add(
            admin_id, name=name, role=role, tenants=tenants, password_hash=password_hash, totp_nonce=NONCE
        )
    owner.close()
    return admin_id


def open_session(database: Database, admin_id: str) -> str:
    """Sign an administrator in and return the session's token."""
    token = new_session_token()
    with database.unit(CommandLine("open session")) as unit:
        unit.run(
            """INSERT INTO admin_sessions (token_hash, admin_id, expires_at)
               VALUES (%(hash)s, %(admin_id)s, now() + interval '1 hour')""",
            hash=hash_session_token(token, SECRET),
            admin_id=admin_id,
        )
    return token


def add_admin_session(
    database_url: str, name: str = "root@school.example", *, role: str = "superadmin", tenants: list[str] | None = None
) -> str:
    """Make an administrator, sign them in and return the session's token."""
    admin_id = add_admin(database_url, name, role=role, tenants=tenants)
    owner = Database(database_url, role=None)
    token = open_session(owner, admin_id)
    owner.close()
    return token


def code_now() -> str:
    """Return the one-time code of every administrator made here."""
    return code_at(totp_key(SECRET, NONCE), int(time.time()) // STEP_S)
