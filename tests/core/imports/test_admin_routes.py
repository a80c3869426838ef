"""Administrators import into what everybody reads, and each of their deeds is in the audit log."""

import psycopg

from shared.api import Context, Service
from shared.db import PUBLIC_TENANT
from tests.support.admins import add_admin_session
from tests.support.api import ApiClient
from tests.support.imports import imports_routes

ORDER = {"sourceId": "samples", "courseId": "light-and-colour"}


def test_an_administrator_orders_watches_and_cancels(context: Context, database_url: str, alpha_token: str) -> None:
    client = ApiClient(Service(imports_routes(), context), add_admin_session(database_url))
    made = client.post("/api/import-jobs", ORDER)
    assert made.status == 201, made.body
    path = f"/api/import-jobs/{made.body['jobId']}"
    assert client.get(path).body["progress"]["status"] == "queued"
    assert [job["id"] for job in client.get("/api/import-jobs").body["jobs"]] == [made.body["jobId"]]
    assert client.post(f"{path}/cancel", {}).body == {"success": True, "cancelled": True}
    assert client.get(path).body["progress"]["status"] == "cancelled"
    assert client.delete(path, headers={"Content-Type": "application/json"}).status == 200
    learner = client.using(alpha_token)
    assert learner.get(f"/api/import/jobs/{made.body['jobId']}").status == 404
    assert learner.post("/api/import-jobs", ORDER).status == 401
    with psycopg.connect(database_url) as connection:
        jobs = connection.execute("SELECT tenant_id::text, payload ->> 'trusted' FROM jobs").fetchall()
        noted = {row[0] for row in connection.execute("SELECT action FROM audit_log WHERE administrator IS NOT NULL")}
    assert jobs == [(PUBLIC_TENANT, "true")]
    assert {"POST /api/import-jobs", "POST /api/import-jobs/{import_id}/cancel"} <= noted


def test_an_operator_looks_and_orders_nothing(context: Context, database_url: str) -> None:
    token = add_admin_session(database_url, "op@school.example", role="operator")
    client = ApiClient(Service(imports_routes(), context), token)
    assert client.post("/api/import-jobs", ORDER).status == 403
