"""Administrators are known by the verified assertion alone."""

import base64
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shared.auth.access_jwt import AccessIdentity, AccessVerifier
from shared.auth.remote_keys import RemoteKeys
from shared.errors import Unauthenticated, Unavailable
from tests.support.key_server import KeyServer, key_server

TEAM = "https://school.cloudflareaccess.com"
AUDIENCE = "application-aud-tag"
PERSON = {"iss": TEAM, "aud": [AUDIENCE], "sub": "person-1", "email": "admin@school.example", "type": "app"}


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def server() -> Iterator[KeyServer]:
    with key_server() as served:
        served.add_key("k1")
        yield served


@pytest.fixture
def verifier(server: KeyServer) -> AccessVerifier:
    return AccessVerifier(TEAM, AUDIENCE, RemoteKeys(server.url))


def test_a_person(server: KeyServer, verifier: AccessVerifier) -> None:
    identity = verifier.verify(server.sign(PERSON, "k1"))
    assert identity == AccessIdentity("person-1", "admin@school.example", "")


def test_a_service_token(server: KeyServer, verifier: AccessVerifier) -> None:
    claims = {"iss": TEAM, "aud": [AUDIENCE], "sub": "", "common_name": "deployer.access"}
    assert verifier.verify(server.sign(claims, "k1")) == AccessIdentity("", "", "deployer.access")


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://other.cloudflareaccess.com"},
        {"aud": ["another-application"]},
        {"aud": None},
        {"iss": None},
        {"exp": None},
        {"iat": None},
        {"exp": 1},
        {"nbf": 99999999999},
        {"iat": 99999999999},
        {"sub": "", "email": "admin@school.example"},
        {"email": ""},
    ],
)
def test_wrong_claims_are_refused(server: KeyServer, verifier: AccessVerifier, change: dict[str, Any]) -> None:
    claims: dict[str, Any] = {"exp": int(time.time()) + 60, "iat": int(time.time())} | PERSON | change
    token = jwt.encode(
        {k: v for k, v in claims.items() if v is not None}, server.keys["k1"], "RS256", headers={"kid": "k1"}
    )
    with pytest.raises(Unauthenticated):
        verifier.verify(token)


def test_forged_tokens_are_refused(server: KeyServer, verifier: AccessVerifier) -> None:
    good = server.sign(PERSON, "k1")
    head, body, signature = good.split(".")
    public = server.keys["k1"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    none = base64.urlsafe_b64encode(json.dumps({"alg": "none", "kid": "k1"}).encode()).decode().rstrip("=")
    hs256 = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "kid": "k1"}).encode()).decode().rstrip("=")
    mac = hmac.digest(public, f"{hs256}.{body}".encode(), "sha256")
    forged_mac = base64.urlsafe_b64encode(mac).decode().rstrip("=")
    server.keys["unpublished"] = server.keys["k1"]
    forgeries = [
        "",
        "a.b",
        good[:-8],
        f"{none}.{body}.",
        f"{hs256}.{body}.{forged_mac}",
        f"{head}.{body}x.{signature}",
        server.sign(PERSON, "unpublished"),
        jwt.encode(PERSON, server.keys["k1"], "RS256"),
    ]
    for token in forgeries:
        with pytest.raises(Unauthenticated):
            verifier.verify(token)


def test_a_new_key_is_fetched_but_made_up_ids_are_not_a_load(server: KeyServer) -> None:
    clock = Clock()
    keys = RemoteKeys(server.url, clock=clock)
    keys.key("k1")
    for number in range(20):
        with pytest.raises(Unauthenticated):
            keys.key(f"made-up-{number}")
    assert server.fetches == 1
    server.add_key("k2")
    clock.now += 61
    assert keys.key("k2").key_id == "k2"
    assert server.fetches == 2


def test_known_keys_outlive_a_broken_key_server(server: KeyServer) -> None:
    clock = Clock()
    keys = RemoteKeys(server.url, clock=clock)
    keys.key("k1")
    server.broken = True
    clock.now += 3601
    assert keys.key("k1").key_id == "k1"


def test_without_any_keys_it_is_unavailable_and_nobody_waits_for_that_twice(server: KeyServer) -> None:
    clock = Clock()
    keys = RemoteKeys(server.url, clock=clock)
    server.broken = True
    for _ in range(5):
        with pytest.raises(Unavailable):
            keys.key("k1")
    assert server.fetches == 1
    server.broken = False
    clock.now += 6
    assert keys.key("k1").key_id == "k1"


def test_keys_come_from_nowhere_else(server: KeyServer) -> None:
    with key_server() as elsewhere:
        elsewhere.add_key("k1")
        server.moved_to = elsewhere.url
        with pytest.raises(Unavailable):
            RemoteKeys(server.url).key("k1")
        assert elsewhere.fetches == 0


def test_only_http_urls() -> None:
    with pytest.raises(ValueError, match="http"):
        RemoteKeys("file:///etc/passwd")
