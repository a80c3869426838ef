"""Administrators remove a tenant and read what became of it."""

from pathlib import Path

import psycopg
from auth_api.routes import routes as auth_routes

from shared.api import Context, Service
from shared.db import PUBLIC_TENANT, Database
from shared.ids import new_id
from shared.storage.objects import open_objects
from shared.tenant_removal import Clearance
from tests.conftest import ALPHA_TENANT, BETA_TENANT
from tests.support.api import ApiClient

IN_ALPHA = f"/api/admin/tenants/{ALPHA_TENANT}"
FOLDER = f"tenants/{ALPHA_TENANT}"


def test_nothing_is_left_of_a_removed_tenant(
    root: ApiClient, context: Context, database: Database, database_url: str, alpha_token: str, tmp_path: Path
) -> None:
    store = open_objects(tmp_path.as_uri())
    store.put(f"{FOLDER}/speech/a.pcm", b"1")
    store.put(f"tenants/{BETA_TENANT}/speech/a.pcm", b"1")
    asked = root.delete(IN_ALPHA, json={"name": "Alpha"})
    assert asked.status == 202, asked.body
    assert (asked.body["state"], asked.body["tenant_ids"]) == ("removing", [ALPHA_TENANT])
    assert asked.body["rows_removed"]["users"] == asked.body["rows_removed"]["beta_tokens"] == 1
    assert asked.body["rows_remaining"] == {}
    assert "objects_remaining" not in asked.body
    assert root.get(IN_ALPHA).status == 404
    assert ApiClient(Service(auth_routes, context), alpha_token).get("/api/auth/me").status == 401

    clearance = Clearance(database, store, last_round_s=0)
    assert [clearance.clear_due(), clearance.clear_due()] == [1, 0]
    done = root.get(f"/api/admin/removals/{asked.body['id']}").body
    assert (done["state"], done["objects_removed"], done["objects_remaining"]) == ("done", {FOLDER: 1}, {FOLDER: 0})
    assert done["done_at"] >= done["asked_at"]
    assert [key.split("/")[1] for key in store.keys("")] == [BETA_TENANT]
    assert root.get("/api/admin/removals").body["removals"] == [done]
    noted = root.get("/api/admin/audit", query={"action": "tenants.delete"}).body["entries"]
    assert [(entry["subject"], entry["administrator"], entry["tenant_id"]) for entry in noted] == [
        (ALPHA_TENANT, "root@school.example", PUBLIC_TENANT)
    ]
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM tenants WHERE tenant_id = %s", (ALPHA_TENANT,)).fetchone() == (
            0,
        )


def test_removals_are_read_page_by_page(root: ApiClient) -> None:
    for tenant_id, name in ((ALPHA_TENANT, "Alpha"), (BETA_TENANT, "Beta")):
        assert root.delete(f"/api/admin/tenants/{tenant_id}", json={"name": name}).status == 202
    first = root.get("/api/admin/removals", query={"limit": "1"}).body
    second = root.get("/api/admin/removals", query={"limit": "1", "cursor": first["next_cursor"]}).body
    assert [page["removals"][0]["tenant_id"] for page in (first, second)] == [BETA_TENANT, ALPHA_TENANT]


def test_what_is_not_removed(root: ApiClient, operator: ApiClient, support: ApiClient) -> None:
    another = root.delete(IN_ALPHA, json={"name": "Beta"})
    assert (another.status, another.body["code"]) == (409, "name_differs")
    shared = root.delete(f"/api/admin/tenants/{PUBLIC_TENANT}", json={"name": "Shared content"})
    assert (shared.status, shared.body["code"]) == (409, "public_tenant")
    assert root.delete(f"/api/admin/tenants/{new_id()}", json={"name": "Alpha"}).status == 404
    assert "name" in root.delete(IN_ALPHA, json={}).body["details"]
    for client in (operator, support):
        refused = client.delete(IN_ALPHA, json={"name": "Alpha"})
        assert (refused.status, refused.body["code"]) == (403, "role_too_low")
    assert root.get(IN_ALPHA).body["members"] == 1
    assert root.get("/api/admin/removals").body == {"removals": []}
    assert root.get(f"/api/admin/removals/{new_id()}").status == 404
