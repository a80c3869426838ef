"""What administrators ask of a tenant's jobs, and the trace it leaves."""

import pytest

from shared.db import Database
from shared.ids import new_id
from shared.repositories.jobs import JobRepository
from tests.conftest import ALPHA, ALPHA_TENANT, BETA_TENANT
from tests.support.api import ApiClient


@pytest.fixture
def job(database: Database) -> str:
    """A job of ALPHA that waits."""
    job_id = new_id()
    with database.unit(ALPHA) as unit:
        JobRepository(unit).add(job_id, "lesson", {})
    return job_id


def path_of(job_id: str, verb: str, tenant_id: str = ALPHA_TENANT) -> str:
    return f"/api/admin/tenants/{tenant_id}/jobs/{job_id}/{verb}"


def test_a_job_is_paused_resumed_cancelled_and_retried(root: ApiClient, job: str) -> None:
    for verb, status in (("pause", "paused"), ("resume", "queued"), ("cancel", "cancelled"), ("retry", "queued")):
        answer = root.post(path_of(job, verb))
        assert (answer.status, answer.body["job"]["status"]) == (200, status), answer.body
        entries = root.get("/api/admin/audit", query={"tenant_id": ALPHA_TENANT, "subject": job}).body["entries"]
        assert entries[0]["action"] == "jobs.update"
        assert entries[0]["details"]["after"]["status"] == status
        assert entries[0]["administrator"] == "root@school.example"


def test_what_is_refused_changes_nothing(root: ApiClient, support: ApiClient, job: str) -> None:
    assert root.post(path_of(job, "cancel")).status == 200
    refused = root.post(path_of(job, "resume"))
    assert (refused.status, refused.body["code"]) == (409, "job_cancelled")
    assert support.post(path_of(job, "retry")).status == 403
    for strange in (path_of(job, "retry", BETA_TENANT), path_of(new_id(), "retry"), path_of("x", "retry")):
        assert root.post(strange).status == 404
    assert root.get(f"/api/admin/tenants/{ALPHA_TENANT}/jobs/{job}").body["job"]["status"] == "cancelled"


def test_a_repeated_retry_is_one(root: ApiClient, job: str) -> None:
    assert root.post(path_of(job, "cancel")).status == 200
    key = {"Idempotency-Key": "retry-1"}
    first, second = (root.post(path_of(job, "retry"), headers=key) for _ in range(2))
    assert first.body == second.body
    assert second.headers["idempotency-replayed"] == "true"
