"""Nobody names an address, or passes the lock, without the right to."""

import ipaddress

import pytest

from shared.auth.origin import OriginLock
from shared.errors import Forbidden

PROXIES = [ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8")]
LOCKED = OriginLock(secrets=["current-secret", "next-secret"])


@pytest.mark.parametrize("secret", ["current-secret", "next-secret"])
def test_both_secrets_of_a_rotation_open_the_lock(secret: str) -> None:
    headers = {"x-origin-secret": secret, "cf-connecting-ip": "198.51.100.9"}
    assert LOCKED.client_address(headers, "172.70.0.1") == "198.51.100.9"


@pytest.mark.parametrize("secret", [None, "", "current", "current-secret ", "CURRENT-SECRET", "é"])
def test_anything_else_does_not(secret: str | None) -> None:
    headers = {"cf-connecting-ip": "198.51.100.9"} | ({} if secret is None else {"x-origin-secret": secret})
    with pytest.raises(Forbidden) as refused:
        LOCKED.client_address(headers, "172.70.0.1")
    assert refused.value.error_code == "origin_locked"


def test_the_workers_own_header_wins_over_cloudflares() -> None:
    headers = {"x-origin-secret": "next-secret", "cf-connecting-ip": "2a06:98c0:3600::103"}
    assert LOCKED.client_address(headers | {"x-client-address": "198.51.100.9"}, "10.0.0.1") == "198.51.100.9"


def test_only_the_edge_names_a_request() -> None:
    name = "0b1e0c1a-6b5f-4c47-9d1e-3d6f6f5b7a10"
    assert LOCKED.request_id({"x-origin-secret": "next-secret", "x-request-id": name}) == name
    assert LOCKED.request_id({"x-origin-secret": "guessed", "x-request-id": name}) is None
    assert OriginLock().request_id({"x-request-id": name}) is None


@pytest.mark.parametrize(
    "name", ["", "short", "x" * 65, "0b1e0c1a-6b5f-4c47\n9d1e-3d6f6f5b7a10", "<script>alert(1)</script>"]
)
def test_a_request_is_not_named_anything_one_likes(name: str) -> None:
    assert LOCKED.request_id({"x-origin-secret": "next-secret", "x-request-id": name}) is None


def test_without_a_lock_the_edge_header_is_not_believed() -> None:
    assert OriginLock().client_address({"cf-connecting-ip": "198.51.100.9"}, "203.0.113.5") == "203.0.113.5"


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.5", "198.51.100.9", "203.0.113.5"),  # the peer is no proxy of ours
        ("10.0.0.2", "198.51.100.9", "198.51.100.9"),
        ("10.0.0.2", "6.6.6.6, 198.51.100.9", "198.51.100.9"),  # the client wrote the first itself
        ("10.0.0.2", "198.51.100.9, 10.0.0.7", "198.51.100.9"),  # two proxies in a row
        ("10.0.0.2", "", "10.0.0.2"),
        ("10.0.0.2", " , ,", "10.0.0.2"),
        ("fd00::1", "2001:db8::5", "2001:db8::5"),
        ("not an address", "198.51.100.9", "not an address"),
    ],
)
def test_forwarded_addresses(peer: str, forwarded: str, client: str) -> None:
    assert OriginLock(proxies=PROXIES).client_address({"x-forwarded-for": forwarded}, peer) == client
