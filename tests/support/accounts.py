"""An account as the tests of the auth service use it."""

from typing import Any

import psycopg

from tests.support.api import Answer, ApiClient

EMAIL = "ada@school.example"
PASSWORD = "violet-harbour-97"


def registered(client: ApiClient, email: str = EMAIL, **more: object) -> dict[str, Any]:
    """Make an account and return the answer's body."""
    answer = client.post("/api/auth/register", {"email": email, "password": PASSWORD, "name": "Ada L.", **more})
    assert answer.status == 201, answer.body
    return answer.body


def logged_in(client: ApiClient, **more: object) -> Answer:
    """Sign Ada in."""
    return client.post("/api/auth/login", {"email": EMAIL, "password": PASSWORD, **more})


def audited(database_url: str) -> list[str]:
    """Return every action in the audit log, the first first."""
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT action FROM audit_log ORDER BY at, id").fetchall()
    return [row[0] for row in rows]
