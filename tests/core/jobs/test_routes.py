"""`/api/jobs` and the administrators' view of it."""

import json
from collections.abc import AsyncIterator

import pytest
from admin_api.routes import routes as admin_routes
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from core.http.adapter import HttpAdapter
from core.jobs.routes import job_routes
from shared.api import Context, Service
from shared.db import Database
from shared.ids import new_id
from shared.repositories.job_runs import JobRunRepository
from shared.repositories.jobs import JobRepository
from tests.conftest import ALPHA, ALPHA_TENANT, BETA, BETA_TENANT
from tests.support.admins import add_admin_session
from tests.support.api import ApiClient


@pytest.fixture
def client(context: Context, alpha_token: str) -> ApiClient:
    return ApiClient(Service(job_routes(), context), alpha_token)


def add(database: Database) -> str:
    with database.unit(ALPHA) as unit:
        added = JobRepository(unit).add(new_id(), "count", {"to": 3})
    return added.result


def run(database: Database, job_id: str, *, error: dict[str, str] | None = None) -> None:
    """Run a job to its end."""
    run_id = new_id()
    with database.unit(ALPHA) as unit:
        JobRunRepository(unit).begin(job_id, run_id, lease_s=30, most=8)
    with database.unit(ALPHA) as unit:
        runs = JobRunRepository(unit)
        runs.say(job_id, run_id, "nearly there", {"left": 1})
        if error:
            runs.fail(job_id, run_id, error)
        else:
            runs.complete(job_id, run_id, {"counted": 3})


def test_jobs_are_listed_in_pages_and_told_of(client: ApiClient, database: Database) -> None:
    jobs = [add(database) for _ in range(3)]
    run(database, jobs[0])
    run(database, jobs[1], error={"code": "conflict", "message": "it is there already", "remedy": "remove it"})
    page = client.get("/api/jobs", query={"limit": "2"}).body
    assert [job["id"] for job in page["jobs"]] == [jobs[2], jobs[1]]
    rest = client.get("/api/jobs", query={"limit": "2", "cursor": page["next_cursor"]}).body
    assert ([job["id"] for job in rest["jobs"]], "next_cursor" in rest) == ([jobs[0]], False)
    failed = client.get("/api/jobs", query={"status": "failed"}).body["jobs"]
    assert [job["error"]["remedy"] for job in failed] == ["remove it"]
    done = client.get(f"/api/jobs/{jobs[0]}").body["job"]
    assert (done["status"], done["progress"], done["result"]) == ("completed", 1.0, {"counted": 3})


def test_a_job_is_asked_to_end_rest_and_go_on(client: ApiClient, database: Database) -> None:
    job_id = add(database)
    for verb, status in (("pause", "paused"), ("resume", "queued"), ("cancel", "cancelled"), ("retry", "queued")):
        answer = client.post(f"/api/jobs/{job_id}/{verb}")
        assert (answer.status, answer.body["job"]["status"]) == (200, status), verb
    run(database, job_id)
    assert client.post(f"/api/jobs/{job_id}/retry").status == 409
    assert client.post(f"/api/jobs/{job_id}/cancel").body["job"]["status"] == "completed"


def test_events_are_read_behind_a_cursor(client: ApiClient, database: Database) -> None:
    job_id = add(database)
    first = client.get(f"/api/jobs/{job_id}/events").body
    assert ([event["data"]["status"] for event in first["events"]], first["ended"]) == (["queued"], False)
    run(database, job_id)
    later = client.get(f"/api/jobs/{job_id}/events", query={"cursor": str(first["cursor"])}).body
    assert [event["type"] for event in later["events"]] == ["status", "message", "status"]
    assert (later["ended"], later["cursor"]) == (True, later["events"][-1]["cursor"])


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/api/jobs?status=strange", "status"),
        ("/api/jobs?limit=0", "limit"),
        ("/api/jobs?kind=No!", "kind"),
        ("/api/jobs?cursor=made-up", "cursor"),
        ("/api/jobs/{id}/events?cursor=-1", "cursor"),
        ("/api/jobs/{id}/events?cursor=99999999999999999999", "cursor"),
        ("/api/jobs/{id}/events?limit=x", "limit"),
    ],
)
def test_bad_input_names_the_field(client: ApiClient, database: Database, path: str, field: str) -> None:
    path, _, query = path.format(id=add(database)).partition("?")
    answer = client.get(path, query=dict([query.split("=")]))
    assert (answer.status, list(answer.body["details"])) == (400, [field])


def test_what_is_not_there_is_not_found(client: ApiClient) -> None:
    for job_id in ("nothing", new_id()):
        assert client.get(f"/api/jobs/{job_id}").status == 404
        assert client.get(f"/api/jobs/{job_id}/events").status == 404
        assert client.post(f"/api/jobs/{job_id}/cancel").status == 404


@pytest.fixture
async def http(context: Context) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    app = web.Application()
    HttpAdapter(Service(job_routes(), context), workers=2).mount(app)
    async with TestClient(TestServer(app)) as opened:
        yield opened


async def test_events_are_streamed_to_their_end_and_from_where_a_reader_was(
    http: TestClient[web.Request, web.Application], database: Database, alpha_token: str
) -> None:
    job_id = add(database)
    headers = {"Authorization": f"Bearer {alpha_token}", "Accept": "text/event-stream"}
    async with http.get(f"/api/jobs/{job_id}/events", headers=headers) as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        seen = b""
        while b"queued" not in seen:
            seen += await stream.content.readany()
        run(database, job_id)
        async for more in stream.content:
            seen += more
    blocks = [
        dict(line.split(": ", 1) for line in block.splitlines()) for block in seen.decode().split("\n\n") if block
    ]
    told = [block for block in blocks if "event" in block]
    assert [block["event"] for block in told] == ["status", "status", "message", "status", "end"]
    assert json.loads(told[-1]["data"]) == {"status": "completed"}
    async with http.get(f"/api/jobs/{job_id}/events", headers={**headers, "Last-Event-ID": told[2]["id"]}) as again:
        rest = (await again.read()).decode()
    assert (rest.count("event: status"), rest.count("event: message"), rest.count("event: end")) == (1, 0, 1)


async def test_a_stream_of_nothing_and_a_bad_place_are_refused(
    http: TestClient[web.Request, web.Application], database: Database, alpha_token: str, beta_token: str
) -> None:
    job_id = add(database)
    headers = {"Authorization": f"Bearer {alpha_token}", "Accept": "text/event-stream"}
    async with http.get(f"/api/jobs/{job_id}/events", headers={**headers, "Last-Event-ID": "x"}) as refused:
        assert (refused.status, list((await refused.json())["details"])) == (400, ["Last-Event-ID"])
    stranger = {**headers, "Authorization": f"Bearer {beta_token}"}
    async with http.get(f"/api/jobs/{job_id}/events", headers=stranger) as hidden:
        assert hidden.status == 404


def test_operators_see_the_jobs_of_the_tenants_they_reach(
    context: Context, database: Database, database_url: str
) -> None:
    job_id = add(database)
    with database.unit(BETA) as unit:
        JobRepository(unit).add(new_id(), "count", {})
    everybody = ApiClient(
        Service(admin_routes, context), add_admin_session(database_url, "op@school.example", role="operator")
    )
    seen = everybody.get("/api/admin/jobs").body["jobs"]
    assert {job["tenant_id"] for job in seen} == {ALPHA_TENANT, BETA_TENANT}
    only = everybody.get("/api/admin/jobs", query={"tenant_id": ALPHA_TENANT, "status": "queued"}).body["jobs"]
    assert [job["id"] for job in only] == [job_id]
    path = f"/api/admin/tenants/{ALPHA_TENANT}/jobs/{job_id}"
    assert everybody.get(f"{path}/events").body["events"][0]["data"]["status"] == "queued"
    for verb, status in (("pause", "paused"), ("resume", "queued"), ("cancel", "cancelled"), ("retry", "queued")):
        answer = everybody.call("POST", f"{path}/{verb}", json={})
        assert (answer.status, answer.body["job"]["status"]) == (200, status), verb
    actions = [entry["action"] for entry in everybody.get("/api/admin/audit").body["entries"]]
    assert "POST /api/admin/tenants/{tenant_id}/jobs/{id}/cancel" in actions
    looker = ApiClient(
        Service(admin_routes, context), add_admin_session(database_url, "look@school.example", role="support")
    )
    assert looker.call("POST", f"{path}/cancel", json={}).status == 403
