"""Registration by invitation, and closed."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from auth_api.routes import routes

from shared.api import Context, Service
from shared.auth.beta_tokens import mint_beta_token
from tests.conftest import ALPHA_TENANT
from tests.support.api import Answer, ApiClient
from tests.support.identity import context_for

Registers = Callable[[str | None], Answer]


@pytest.fixture
def registering(database_url: str) -> Iterator[Callable[[str], Registers]]:
    opened: list[Context] = []

    def in_mode(mode: str) -> Registers:
        made = context_for(database_url, registration=mode, registrations_per_hour=1000)
        opened.append(made)
        client = ApiClient(Service(routes, made))
        numbers = iter(range(100))

        def register(token: str | None) -> Answer:
            email = f"new{next(numbers)}@school.example"
            return client.using(token).post("/api/auth/register", {"email": email, "password": "violet-harbour-97"})

        return register

    yield in_mode
    for made in opened:
        made.database.close()


def test_an_invitation_makes_one_account(
    registering: Callable[[str], Registers], alpha_token: str, database_url: str
) -> None:
    register = registering("invite")
    assert register(alpha_token).status == 201
    again = register(alpha_token)
    assert (again.status, again.body["code"]) == (403, "invitation_invalid")
    with psycopg.connect(database_url) as connection:
        kinds = connection.execute("SELECT count(*) FROM tenants WHERE kind = 'individual'").fetchone()
    assert kinds == (1,)


def test_what_is_no_invitation(registering: Callable[[str], Registers], alpha_access_token: str) -> None:
    register = registering("invite")
    assert register(None).body["code"] == "invitation_required"
    for token in ("garbage", alpha_access_token, mint_beta_token(ALPHA_TENANT, 2026), "uma_beta_é"):
        refused = register(token)
        assert (refused.status, refused.body["code"]) == (403, "invitation_invalid")


@pytest.mark.parametrize(
    "statement", ["UPDATE beta_tokens SET revoked_at = now()", "UPDATE beta_tokens SET expires_at = now()"]
)
def test_an_invitation_that_has_ended(
    registering: Callable[[str], Registers], alpha_token: str, database_url: str, statement: str
) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(statement.encode())
    assert registering("invite")(alpha_token).body["code"] == "invitation_invalid"


def test_closed_is_closed_even_with_an_invitation(registering: Callable[[str], Registers], alpha_token: str) -> None:
    refused = registering("closed")(alpha_token)
    assert (refused.status, refused.body["code"]) == (403, "registration_closed")
