"""Minting and rotating a token twice by mistake makes one, and shows it both times."""

import psycopg
import pytest

from tests.conftest import ALPHA_TENANT, ALPHA_USER, BETA_TENANT
from tests.support.api import ApiClient

TOKENS = f"/api/admin/tenants/{ALPHA_TENANT}/tokens"
KEY = {"Idempotency-Key": "mint-1"}
NEW = {"user_id": ALPHA_USER, "label": "class 7b"}


def test_a_repeated_mint_shows_the_same_token(root: ApiClient) -> None:
    first, second = (root.post(TOKENS, NEW, headers=KEY) for _ in range(2))
    assert (first.status, second.status) == (201, 201)
    assert first.body == second.body
    assert second.headers["idempotency-replayed"] == "true"
    assert len(root.get(TOKENS).body["tokens"]) == 1


def test_a_repeated_rotation_rotates_once(root: ApiClient) -> None:
    made = root.post(TOKENS, NEW).body
    path = f"{TOKENS}/{made['details']['id']}/rotate"
    first, second = (root.post(path, headers=KEY) for _ in range(2))
    assert first.body == second.body
    assert first.body["token"] != made["token"]
    assert root.post(path).body["token"] != first.body["token"]


def test_another_body_is_another_request(root: ApiClient) -> None:
    root.post(TOKENS, NEW, headers=KEY)
    refused = root.post(TOKENS, {**NEW, "label": "class 8a"}, headers=KEY)
    assert (refused.status, refused.body["code"]) == (422, "idempotency_key_reused")


def test_a_key_is_one_administrators_in_one_tenant(root: ApiClient, operator: ApiClient) -> None:
    first = root.post(TOKENS, NEW, headers=KEY).body["token"]
    assert operator.post(TOKENS, NEW, headers=KEY).body["token"] != first
    elsewhere = root.post(TOKENS.replace(ALPHA_TENANT, BETA_TENANT), NEW, headers=KEY)
    assert elsewhere.status == 404


@pytest.mark.parametrize("table", ["idempotency_keys", "beta_tokens", "audit_log"])
def test_no_table_holds_the_token(root: ApiClient, database_url: str, table: str) -> None:
    token = root.post(TOKENS, NEW, headers=KEY).body["token"]
    with psycopg.connect(database_url) as connection:
        rows = str(connection.execute(f"SELECT t::text FROM {table} t".encode()).fetchall())  # noqa: S608  ours
    assert rows != "[]"
    assert token not in rows
    # What follows uma_beta_<year>_ is random, and may have an underscore of its own.
    assert token.split("_", 3)[3] not in rows
