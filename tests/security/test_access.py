"""Who gets in: no token, a bad one, a forged one, and the open mode of a trusted network."""

import base64
import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import psycopg
import pytest
from auth_api.routes import routes as auth_routes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from shared.api import Access, Context, Routes, Service
from shared.auth.access_tokens import AUDIENCE, AccessClaims
from shared.auth.beta_tokens import PREFIX, mint_beta_token
from shared.db import Database
from shared.ids import new_id
from tests.conftest import ALPHA, ALPHA_TENANT, ALPHA_USER, BETA_TENANT, BETA_USER
from tests.support.api import Answer, ApiClient
from tests.support.forgery import by_hand, claims_of, keyed_with_the_public_key, respelt, signed, unsigned
from tests.support.identity import add_auth_session, add_beta_token, context_for
from tests.support.services import all_routes, operation

# Everything that asks for no credential. Whoever adds to it means it.
PUBLIC = {
    "POST /api/auth/register",
    "POST /api/auth/login",
    "POST /api/auth/apple",
    "POST /api/auth/google",
    "POST /api/auth/refresh",
    "POST /api/auth/logout",
    "POST /api/admin/session",
    "POST /api/auth/forgot-password",
    "POST /api/auth/reset-password",
    "GET /api/auth/verify-email",
    "POST /api/auth/resend-verification",
    "GET /.well-known/jwks.json",
    "GET /",
    "GET /api",
    "GET /api/openapi.json",
    "GET /api/reference",
    "GET /health",
    "GET /api/health",
    "GET /assets/curriculum/signed",  # whoever has the signed address
    "GET /media/speech",  # whoever has the signed address
    "GET /media/export",  # whoever has the signed address
}
SERVICES = all_routes()
every_service = pytest.mark.parametrize("routes", SERVICES.values(), ids=SERVICES.keys())


def answers(client: ApiClient, routes: Routes, wanted: Access) -> dict[str, tuple[int, str | None]]:
    """Return status and code of every route of a kind, by operation."""
    found: dict[str, Answer] = {
        operation(route): client.call(route.method, re.sub(r"\{\w+\+?\}", "x", route.path))
        for route in routes.routes
        if route.access is wanted
    }
    return {name: (a.status, a.body["code"] if a.status >= 400 else None) for name, a in found.items()}


@pytest.fixture
def open_context(database_url: str) -> Iterator[Context]:
    made = context_for(database_url, auth_mode="open", open_tenant=ALPHA_TENANT, open_user=ALPHA_USER)
    yield made
    made.database.close()


def test_public_routes_are_on_the_list() -> None:
    public = {
        operation(route) for routes in SERVICES.values() for route in routes.routes if route.access is Access.PUBLIC
    }
    assert public == PUBLIC


@every_service
def test_without_a_token_nobody_gets_in(context: Context, routes: Routes) -> None:
    client = ApiClient(Service(routes, context))
    for access in (Access.CLIENT, Access.ACCOUNT, Access.ADMIN):
        found = answers(client, routes, access)
        assert {name: got for name, got in found.items() if got != (401, "missing_token")} == {}


@every_service
def test_open_mode_lets_clients_in_but_nobody_into_an_account(open_context: Context, routes: Routes) -> None:
    client = ApiClient(Service(routes, open_context))
    refused = {name: got for name, got in answers(client, routes, Access.CLIENT).items() if got[0] in {401, 403, 500}}
    assert refused == {}
    accounts = answers(client, routes, Access.ACCOUNT) | answers(client, routes, Access.ADMIN)
    assert {name: got for name, got in accounts.items() if got != (401, "missing_token")} == {}


@every_service
@pytest.mark.parametrize("mode", ["context", "open_context"])
def test_a_bad_token_is_refused_in_both_modes(request: pytest.FixtureRequest, mode: str, routes: Routes) -> None:
    client = ApiClient(Service(routes, request.getfixturevalue(mode)))
    for token in ("garbage", mint_beta_token(ALPHA_TENANT, 2026)):
        for access in (Access.CLIENT, Access.ACCOUNT, Access.ADMIN):
            found = answers(client.using(token), routes, access)
            assert {name: got for name, got in found.items() if got != (401, "invalid_token")} == {}


@pytest.fixture
def person(database: Database) -> AccessClaims:
    """ALPHA's learner, signed in."""
    return AccessClaims(ALPHA_USER, ALPHA_TENANT, add_auth_session(database, ALPHA))


@pytest.fixture
def client(context: Context) -> ApiClient:
    return ApiClient(Service(auth_routes, context))


FORGED: dict[str, Callable[[AccessClaims], str]] = {
    "alg none": lambda p: unsigned(claims_of(p)),
    "HS256 with the public key": lambda p: keyed_with_the_public_key(claims_of(p), Encoding.Raw),
    "HS256 with the public key as PEM": lambda p: keyed_with_the_public_key(claims_of(p), Encoding.PEM),
    "another key": lambda p: signed(claims_of(p), Ed25519PrivateKey.generate()),
    "another key and its address": lambda p: signed(
        claims_of(p),
        Ed25519PrivateKey.generate(),
        {"jku": "https://evil.example/jwks.json", "x5u": "https://evil.example"},
    ),
    "wrong issuer": lambda p: signed(claims_of(p, iss="somebody")),
    "no issuer": lambda p: signed(claims_of(p, iss=None)),
    "wrong audience": lambda p: signed(claims_of(p, aud="another-api")),
    "no audience": lambda p: signed(claims_of(p, aud=None)),
    "wrong type": lambda p: signed(claims_of(p), headers={"typ": "JWT"}),
    "wrong key id": lambda p: signed(claims_of(p), headers={"kid": "0" * 16}),
    "no expiry": lambda p: signed(claims_of(p, exp=None)),
    "issued tomorrow": lambda p: signed(claims_of(p, iat=4_000_000_000)),
    "not valid yet": lambda p: signed(claims_of(p, nbf=4_000_000_000)),
    "no session": lambda p: signed(claims_of(p, sid=None)),
    "issued by another algorithm": lambda p: by_hand(claims_of(p), alg="Ed25519"),
    "critical": lambda p: by_hand(claims_of(p), crit=["b64"], b64=False),
    "several audiences": lambda p: signed(claims_of(p, aud=[AUDIENCE, "another-api"])),
    "an expiry that is no number": lambda p: by_hand(claims_of(p, exp="2100")),
    "claims that are no object": lambda _: by_hand([]),
    "claims that are no JSON": lambda p: by_hand(claims_of(p), spoil=lambda body: body + "AA"),
    "another spelling of the signature": lambda p: respelt(signed(claims_of(p))),
    "with padding": lambda p: signed(claims_of(p)) + "==",
    "four parts": lambda p: signed(claims_of(p)) + ".e30",
    "truncated": lambda p: signed(claims_of(p))[:-4],
    "without a signature": lambda p: signed(claims_of(p)).rpartition(".")[0] + ".",
    "two parts": lambda p: signed(claims_of(p)).rpartition(".")[0],
    "another tenant": lambda p: signed(claims_of(p, tid=BETA_TENANT)),
    "another tenant's user": lambda p: signed(claims_of(p, tid=BETA_TENANT, sub=BETA_USER)),
    "another user": lambda p: signed(claims_of(p, sub=BETA_USER)),
    "a session nobody opened": lambda p: signed(claims_of(p, sid=new_id())),
    "a user who is a number": lambda p: signed(claims_of(p, sub=7)),
    "nested without end": lambda _: base64.urlsafe_b64encode(b"[" * 2900).decode() + ".e30.AA",
    "not ASCII": lambda p: signed(claims_of(p)) + "é",
    "too long": lambda p: signed(claims_of(p, padding="x" * 5000)),
    "a beta token's prefix alone": lambda _: PREFIX,
    "a beta token of another form": lambda _: PREFIX + "2026_" + "A" * 53,
}


def test_forged_tokens_are_refused_alike(client: ApiClient, person: AccessClaims) -> None:
    found = {name: client.using(forge(person)).get("/api/auth/me") for name, forge in FORGED.items()}
    assert {name: answer.status for name, answer in found.items() if answer.status != 401} == {}
    assert {answer.raw for answer in found.values()} == {client.using("garbage").get("/api/auth/me").raw}
    assert found["alg none"].body["code"] == "invalid_token"


def test_the_token_the_forgeries_start_from_is_good(client: ApiClient, person: AccessClaims) -> None:
    assert client.using(signed(claims_of(person))).get("/api/auth/me").status == 200
    assert client.using(by_hand(claims_of(person))).get("/api/auth/me").status == 200


def test_an_expired_access_token_says_so(client: ApiClient, person: AccessClaims) -> None:
    answer = client.using(signed(claims_of(person, exp=1_700_000_000))).get("/api/auth/me")
    assert (answer.status, answer.body["code"]) == (401, "token_expired")


def test_a_beta_token_with_another_tenant_in_it_is_unknown(client: ApiClient, alpha_token: str) -> None:
    year, _, random = alpha_token.removeprefix(PREFIX).partition("_")
    payload = base64.urlsafe_b64decode(random + "==")
    forged = bytes.fromhex(BETA_TENANT.replace("-", "")) + payload[16:]
    token = f"{PREFIX}{year}_{base64.urlsafe_b64encode(forged).decode().rstrip('=')}"
    assert client.using(alpha_token).get("/api/auth/me").status == 200
    assert client.using(token).get("/api/auth/me").body["code"] == "invalid_token"


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE beta_tokens SET revoked_at = now()", "invalid_token"),
        ("UPDATE beta_tokens SET expires_at = now() - interval '1 second'", "token_expired"),
        ("UPDATE users SET is_active = false", "invalid_token"),
        ("UPDATE users SET is_locked = true", "invalid_token"),
        ("DELETE FROM memberships", "invalid_token"),
    ],
)
def test_a_beta_token_ends(client: ApiClient, alpha_token: str, database_url: str, statement: str, code: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(statement.encode())
    answer = client.using(alpha_token).get("/api/auth/me")
    assert (answer.status, answer.body["code"]) == (401, code)


def test_a_sign_in_ends_with_its_days(client: ApiClient, database: Database) -> None:
    over = AccessClaims(ALPHA_USER, ALPHA_TENANT, add_auth_session(database, ALPHA, lasts=-timedelta(seconds=1)))
    answer = client.using(signed(claims_of(over))).get("/api/auth/me")
    assert (answer.status, answer.body["code"]) == (401, "token_expired")


def test_another_scheme_is_a_bad_token(client: ApiClient) -> None:
    for header in ("Basic dTpw", "Bearer", "Bearer ", "bearer\tx", "Token x"):
        answer = client.get("/api/auth/me", headers={"authorization": header})
        assert (answer.status, answer.body["code"]) == (401, "invalid_token")


def test_the_scheme_is_read_in_any_case(client: ApiClient, database: Database) -> None:
    token = add_beta_token(database, ALPHA)
    assert client.get("/api/auth/me", headers={"authorization": f"bearer  {token}"}).status == 200
