"""Only what Apple or Google signed for our app, for this sign-in, is believed."""

import base64
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shared.auth.id_tokens import LONGEST_TOKEN, IdTokenVerifier, Provider
from shared.auth.remote_keys import RemoteKeys
from shared.errors import Unauthenticated, Unavailable
from tests.support.forgery import respelt
from tests.support.key_server import KeyServer, key_server
from tests.support.providers import AUDIENCE, NONCE, Vendor

AUDIENCES = (AUDIENCE, "another.app.of.ours")


@pytest.fixture(scope="module")
def server() -> Iterator[KeyServer]:
    with key_server() as served:
        served.add_key("k1")
        yield served


@pytest.fixture(params=["apple", "google"])
def vendor(request: pytest.FixtureRequest, server: KeyServer) -> Vendor:
    return Vendor(request.param, server)


def verifier_of(vendor: Vendor) -> IdTokenVerifier:
    provider: Provider = "apple" if vendor.name == "apple" else "google"
    return IdTokenVerifier(provider, AUDIENCES, RemoteKeys(vendor.server.url))


def refusal(vendor: Vendor, token: str, nonce: str = NONCE) -> tuple[str, str]:
    with pytest.raises(Unauthenticated) as refused:
        verifier_of(vendor).verify(token, nonce)
    return refused.value.error_code, refused.value.message


def segment(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_a_person(vendor: Vendor) -> None:
    identity = verifier_of(vendor).verify(vendor.token(name="Ada L."), NONCE)
    assert (identity.provider, identity.subject, identity.email) == (vendor.name, "person-1", "ada@gmail.com")
    assert (identity.name, identity.proves_email, identity.may_link) == ("Ada L.", True, True)
    assert 0 < identity.expires_at.timestamp() - time.time() < 400


@pytest.mark.parametrize("claim", ["a\0b", "\ud800", 7, ["x"], {"a": 1}])
def test_what_cannot_be_stored_is_left_out(vendor: Vendor, claim: Any) -> None:
    now = int(time.time())
    claims = json.dumps({"iat": now, "exp": now + 300} | vendor.claims() | {"name": claim, "email": claim})
    token = jwt.api_jws.encode(claims.encode(), vendor.server.keys["k1"], "RS256", headers={"kid": "k1"})
    identity = verifier_of(vendor).verify(token, NONCE)
    assert (identity.name, identity.email, identity.proves_email, identity.may_link) == ("", "", False, False)


def test_any_of_our_apps(vendor: Vendor) -> None:
    assert verifier_of(vendor).verify(vendor.token(aud=AUDIENCES[1]), NONCE).subject == "person-1"


def test_a_token_without_an_address_names_a_person_all_the_same(vendor: Vendor) -> None:
    identity = verifier_of(vendor).verify(vendor.token(None), NONCE)
    assert (identity.email, identity.proves_email, identity.may_link) == ("", False, False)


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://accounts.example"}, {"iss": None}, {"iss": "https://appleid.apple.com/"},
        {"aud": "another.app"}, {"aud": None}, {"aud": [AUDIENCE, "another.app"]}, {"aud": [AUDIENCE]}, {"aud": ""},
        {"exp": 1}, {"exp": None}, {"exp": "soon"}, pytest.param({"exp": int(time.time()) - 61}, id="over"),
        pytest.param({"nbf": int(time.time()) + 3600}, id="too early"),
        pytest.param({"iat": int(time.time()) + 3600}, id="of the future"), {"iat": None},
        {"nonce": None}, {"nonce": "another"}, {"nonce": 7}, {"nonce": ""}, {"nonce": "\ud800"},
        {"sub": None}, {"sub": ""}, {"sub": 7}, {"sub": "a\0b"}, {"sub": "\ud800"}, {"sub": "x" * 256},
    ],
    ids=str,
)  # fmt: skip
def test_wrong_claims_are_refused_alike(vendor: Vendor, change: dict[str, Any]) -> None:
    now = int(time.time())
    claims = {"iat": now, "exp": now + 300} | vendor.claims() | change
    signed = {name: value for name, value in claims.items() if value is not None}
    private = vendor.server.keys["k1"]
    token = jwt.api_jws.encode(json.dumps(signed).encode(), private, "RS256", headers={"kid": "k1"})
    assert refusal(vendor, token) == ("invalid_credentials", "this sign-in is not valid")


def test_the_other_providers_token_is_refused(server: KeyServer) -> None:
    apple, google = Vendor("apple", server), Vendor("google", server)
    refusal(apple, google.token(nonce=apple.nonce(NONCE)))
    refusal(google, apple.token(nonce=NONCE))


def test_the_nonce_is_hashed_by_apple_only(server: KeyServer) -> None:
    apple, google = Vendor("apple", server), Vendor("google", server)
    refusal(apple, apple.token(nonce=NONCE))
    refusal(google, google.token(nonce=apple.nonce(NONCE)))
    refusal(apple, apple.token(), nonce="somebody else's")


def test_forgeries_are_refused_alike(vendor: Vendor) -> None:
    server = vendor.server
    good = vendor.token()
    head, body, signature = good.split(".")
    public = server.keys["k1"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    hs256 = segment({"alg": "HS256", "kid": "k1", "typ": "JWT"})
    mac = base64.urlsafe_b64encode(hmac.digest(public, f"{hs256}.{body}".encode(), "sha256")).decode().rstrip("=")
    with key_server() as mine:
        mine.add_key("attackers")
        theirs = mine.keys["attackers"]
        elsewhere = {"jku": mine.url, "x5u": mine.url, "jwk": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}}
        forgeries = {
            "nothing": "",
            "not a token": "a.b",
            "truncated": good[:-8],
            "spelt otherwise": respelt(good),
            "without a signature": f"{head}.{body}.",
            "alg none": f"{segment({'alg': 'none', 'kid': 'k1'})}.{body}.",
            "alg nOnE, signed": f"{segment({'alg': 'nOnE', 'kid': 'k1'})}.{body}.{signature}",
            "HS256 with the public key": f"{hs256}.{body}.{mac}",
            "changed": f"{head}.{segment(vendor.claims(sub='somebody else'))}.{signature}",
            "RS512": jwt.encode(vendor.claims(exp=2**33, iat=1), server.keys["k1"], "RS512", headers={"kid": "k1"}),
            "another's key": jwt.encode(vendor.claims(exp=2**33, iat=1), theirs, "RS256", headers={"kid": "k1"}),
            "a key of its own": jwt.encode(
                vendor.claims(exp=2**33, iat=1), theirs, "RS256", headers={"kid": "attackers", **elsewhere}
            ),
            "its own key under our id": jwt.encode(
                vendor.claims(exp=2**33, iat=1), theirs, "RS256", headers={"kid": "k1", **elsewhere}
            ),
            "no key id": jwt.encode(vendor.claims(exp=2**33, iat=1), server.keys["k1"], "RS256"),
            "an access token": server.sign(vendor.claims(), "k1", typ="at+jwt"),
            "a logout token": server.sign(vendor.claims(), "k1", typ="logout+jwt"),
            "too long": vendor.token(name="x" * LONGEST_TOKEN),
            "not ASCII": f"{head}.{body}.\u00e9",
        }
        answers = {name: refusal(vendor, token) for name, token in forgeries.items()}
        assert set(answers.values()) == {("invalid_credentials", "this sign-in is not valid")}
        assert mine.fetches == 0


@pytest.mark.parametrize(
    ("provider", "email", "more", "proves", "may_link"),
    [
        ("google", "ada@gmail.com", {}, True, True),
        ("google", "ada@school.example", {"hd": "school.example"}, True, True),
        ("google", "ada@school.example", {}, False, False),
        ("google", "ada@gmail.com.example", {}, False, False),
        ("google", "ada@gmail.com", {"email_verified": False}, False, False),
        ("google", "ada@gmail.com", {"email_verified": None}, False, False),
        ("apple", "ada@school.example", {}, True, True),
        ("apple", "ada@school.example", {"email_verified": "true"}, True, True),
        ("apple", "ada@school.example", {"email_verified": "false"}, False, False),
        ("apple", "x1@privaterelay.appleid.com", {}, True, False),
        ("apple", "ada@school.example", {"is_private_email": "true"}, True, False),
        ("apple", "ada@school.example", {"is_private_email": True}, True, False),
    ],
)
def test_who_is_the_authority_for_an_address(
    server: KeyServer, provider: str, email: str, more: dict[str, Any], *, proves: bool, may_link: bool
) -> None:
    vendor = Vendor(provider, server)
    identity = verifier_of(vendor).verify(vendor.token(email, **more), NONCE)
    assert (identity.proves_email, identity.may_link) == (proves, may_link)


def test_without_the_providers_keys_nobody_is_refused_for_good() -> None:
    with key_server() as broken:
        broken.add_key("k1")
        broken.broken = True
        vendor = Vendor("google", broken)
        with pytest.raises(Unavailable):
            verifier_of(vendor).verify(vendor.token(), NONCE)
