"""Lets the application role log in, for deployments whose application connects as that role directly."""

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from shared.db.connection import APP_ROLE, connect
from shared.db.errors import from_psycopg
from shared.errors import InvalidInput


def allow_app_login(owner_url: str, app_url: str) -> None:
    """Set the application role's password, as the database's owner, to the one the application's URL holds.

    The server gets only the password's SCRAM verifier, so that no statement log ever shows it.
    Raises: InvalidInput: the application's URL is none, or does not log in as the application role with a password.
        Unavailable: the database does not answer.
    """
    try:
        app = conninfo_to_dict(app_url)
    except psycopg.Error:
        raise InvalidInput("the application's database URL is not a PostgreSQL URL") from None
    password = app.get("password")
    if app.get("user") != APP_ROLE or not isinstance(password, str) or not password:
        raise InvalidInput(f"the application's database URL must log in as {APP_ROLE} with a password")
    with connect(owner_url, role=None) as connection:
        verifier = connection.pgconn.encrypt_password(password.encode(), APP_ROLE.encode(), b"scram-sha-256")
        try:
            connection.execute(
                sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(
                    sql.Identifier(APP_ROLE), sql.Literal(verifier.decode())
                )
            )
        except psycopg.Error as exc:
            raise from_psycopg(exc) from exc
