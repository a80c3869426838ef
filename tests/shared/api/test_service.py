"""Every request and every error passes here once."""

import time
from typing import Annotated

import psycopg
import pytest
from msgspec import Meta, Struct

from shared.api import Access, Context, Listing, PerClient, Reply, Request, Routes, Service
from shared.auth.caller import Limit
from shared.errors import Conflict, NotFound
from tests.conftest import ALPHA_TENANT, ALPHA_USER
from tests.support.api import Answer, ApiClient, Payload
from tests.support.identity import context_for
from tests.support.log_lines import logged

routes = Routes("kit", success_flag=True)


class Named(Struct, frozen=True):
    name: Annotated[str, Meta(max_length=5)]


@routes.get("/who/{name}", access=Access.CLIENT)
def who(request: Request, name: str) -> dict[str, str]:
    with request.unit():
        pass
    return {"name": name, "tenant_id": request.tenant_id, "user_id": request.user_id}


@routes.post("/who/{name}", access=Access.CLIENT, status=201, max_body=50)
def rename(request: Request, name: str, body: Named) -> dict[str, str]:
    return {"from": name, "to": body.name, "by": request.tenant_id}


@routes.get("/rest/{path+}", access=Access.PUBLIC)
def rest(request: Request, path: str) -> dict[str, str]:
    return {"path": path, "by": str(request.caller.tenant_id)}


@routes.get("/list", access=Access.PUBLIC)
def list_things(request: Request) -> Listing:
    assert request.client
    return Listing("things", [1, 2], {"total": 2})


@routes.get("/flat", access=Access.PUBLIC)
def flat(request: Request) -> PerClient:
    assert request.client
    return PerClient({"things": {"a": 1}}, {"things": [1]})


@routes.post("/paced/{name}", access=Access.PUBLIC, pace=lambda _settings: 40)
def paced(request: Request, name: str) -> dict[str, str]:
    if name == "taken":
        raise Conflict("taken")
    return {"by": str(request.caller.tenant_id)}


@routes.get("/picture", access=Access.PUBLIC)
def picture(request: Request) -> Reply:
    assert request.client
    return Reply(b"\x89PNG", headers={"Content-Type": "image/png"})


@routes.get("/missing", access=Access.CLIENT)
def missing(request: Request) -> None:
    with request.unit() as unit:
        unit.one(
            Named, "SELECT 'x' AS name FROM users WHERE tenant_id = %(tenant_id)s AND false", missing="no such person"
        )


@routes.get("/conflict", access=Access.CLIENT)
def conflict(request: Request) -> None:
    with request.unit() as unit:
        unit.run("SELECT refuse('PT409', 'not now', '{\"code\": \"not_now\"}')")


@routes.get("/slow", access=Access.CLIENT, limit=lambda _settings: Limit("slow", 1, 3600))
def limited(request: Request) -> dict[str, str]:
    return {"by": request.tenant_id}


@routes.get("/bug", access=Access.PUBLIC)
def bug(request: Request) -> None:
    raise ValueError(request.http.headers["x-said"])


@routes.get("/unencodable", access=Access.PUBLIC)
def unencodable(request: Request) -> object:
    return {"what": request.context}


@pytest.fixture
def client(context: Context, alpha_token: str) -> ApiClient:
    return ApiClient(Service(routes, context), alpha_token)


def metered(database_url: str) -> int:
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT coalesce(sum(quantity), 0)::int FROM usage_counters").fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize("payload", ["1.0", "2.0"])
def test_a_caller_is_known_in_both_payload_formats(client: ApiClient, alpha_token: str, payload: Payload) -> None:
    answer = ApiClient(client.service, alpha_token, payload=payload).get("/who/jürgen")
    assert answer.status == 200
    assert answer.body == {"name": "jürgen", "tenant_id": ALPHA_TENANT, "user_id": ALPHA_USER}
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-request-id"] == f"request-{payload[0]}"


def test_paths_are_matched_whole_and_a_last_slash_does_not_matter(client: ApiClient) -> None:
    assert client.get("/who/a/").body["name"] == "a"
    assert client.get("/rest/a/b/c").body["path"] == "a/b/c"
    assert [client.get(path).status for path in ("/who", "/who/", "/who/a/b", "/nowhere", "")] == [404] * 5


def test_an_unknown_path_and_method_are_told_apart(client: ApiClient) -> None:
    assert client.get("/nowhere").body["code"] == "not_found"
    wrong = client.delete("/who/a")
    assert (wrong.status, wrong.body["code"], wrong.body["error"]) == (
        405,
        "method_not_allowed",
        "use GET or POST here",
    )


def test_the_body_is_decoded_and_the_status_is_the_routes(client: ApiClient) -> None:
    answer = client.post("/who/ada", {"name": "grace", "unknown": 1})
    assert (answer.status, answer.body) == (201, {"from": "ada", "to": "grace", "by": ALPHA_TENANT})


def test_a_body_that_is_too_big(client: ApiClient) -> None:
    answer = client.post("/who/ada", {"name": "x" * 60})
    assert (answer.status, answer.body["code"]) == (413, "payload_too_large")


def test_every_error_has_one_shape(client: ApiClient) -> None:
    answer = client.post("/who/ada", {"name": "too long"})
    assert answer.status == 400
    assert answer.body == {
        "error": "name: Expected str of length <= 5",
        "message": "name: Expected str of length <= 5",
        "code": "invalid_input",
        "details": {"name": "Expected str of length <= 5"},
        "request_id": "request-2",
        "success": False,
    }
    assert "details" not in client.get("/conflict").body
    assert (client.get("/conflict").status, client.get("/conflict").body["code"]) == (409, "not_now")


def test_head_is_get_without_a_body(client: ApiClient) -> None:
    answer = client.call("HEAD", "/who/ada")
    assert (answer.status, answer.raw) == (200, b"")


def test_bytes_go_out_as_they_are(client: ApiClient) -> None:
    answer = client.get("/picture")
    assert (answer.raw, answer.headers["content-type"]) == (b"\x89PNG", "image/png")
    assert client.call("HEAD", "/picture").raw == b""


def test_an_answer_may_have_a_form_for_android(client: ApiClient) -> None:
    assert client.get("/flat").body == {"things": {"a": 1}}
    assert client.get("/flat", headers={"X-Client-Platform": "android"}).body == {"things": [1]}


def test_a_list_is_bare_for_android_only(client: ApiClient) -> None:
    assert client.get("/list").body == {"things": [1, 2], "total": 2}
    assert client.get("/list", headers={"X-Client-Platform": "Android"}).body == [1, 2]


@pytest.mark.parametrize("path", ["/bug", "/unencodable"])
def test_our_own_bugs_tell_the_caller_nothing(client: ApiClient, path: str, capsys: pytest.CaptureFixture[str]) -> None:
    answer = client.get(path, headers={"x-said": "secret words"})
    assert (answer.status, answer.body["code"]) == (500, "internal_error")
    assert "secret words" not in answer.raw.decode()
    told = logged(capsys)
    assert [line["message"] for line in told] == ["unhandled_error", "request_handled"]
    assert "secret words" not in str(told)


def test_the_log_line_says_which_request_and_no_token(
    client: ApiClient, alpha_token: str, capsys: pytest.CaptureFixture[str]
) -> None:
    client.get("/who/ada")
    (said,) = logged(capsys)
    assert (said["message"], said["route"], said["status"]) == ("request_handled", "/who/{name}", 200)
    assert (said["request_id"], said["tenant_id"]) == ("request-2", ALPHA_TENANT)
    assert alpha_token not in str(said)


def test_a_public_route_does_not_read_the_token(client: ApiClient) -> None:
    assert client.using("garbage").get("/rest/x").body == {"path": "x", "by": "None"}


def test_a_handler_without_a_unit_is_checked_and_counted(client: ApiClient, database_url: str) -> None:
    assert client.post("/who/ada", {"name": "grace"}).status == 201
    assert metered(database_url) == 1
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE beta_tokens SET revoked_at = now()")
    assert client.post("/who/ada", {"name": "grace"}).status == 401


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [("POST", "/who/ada", {"name": 1}, 400), ("GET", "/missing", None, 404), ("GET", "/conflict", None, 409)],
)
def test_what_is_refused_is_counted_once(
    client: ApiClient, database_url: str, method: str, path: str, body: object, status: int
) -> None:
    answer = client.call(method, path, json=body)
    assert answer.status == status
    assert metered(database_url) == 1
    assert int(answer.headers["x-ratelimit-remaining"]) == int(answer.headers["x-ratelimit-limit"]) - 1


def test_a_bad_credential_counts_more_than_a_bad_body(client: ApiClient, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE beta_tokens SET revoked_at = now()")
    for method, path, body in (("POST", "/who/ada", {"name": 1}), ("POST", "/who/ada", {"name": "x" * 60})):
        answer = client.call(method, path, json=body)
        assert (answer.status, answer.body["code"]) == (401, "invalid_token")


def test_a_full_bucket_answers_with_the_contracts_headers(client: ApiClient) -> None:
    first, second = client.get("/slow"), client.get("/slow")
    assert first.status == 200
    assert (first.headers["x-ratelimit-limit"], first.headers["x-ratelimit-remaining"]) == ("1", "0")
    assert (second.status, second.body["code"]) == (429, "rate_limit_exceeded")
    assert type(second.body["retry_after"]) is int
    assert second.headers["retry-after"] == str(second.body["retry_after"])
    assert (second.headers["x-ratelimit-window"], second.headers["x-ratelimit-remaining"]) == ("3600", "0")
    assert int(second.headers["x-ratelimit-reset"]) > 1_700_000_000


def test_a_database_that_does_not_answer_is_unavailable(alpha_token: str) -> None:
    context = context_for("postgresql://nobody@127.0.0.1:1/none")
    answer = ApiClient(Service(routes, context), alpha_token).get("/who/ada")
    assert (answer.status, answer.body["code"]) == (503, "unavailable")


@pytest.mark.parametrize("payload", ["1.0", "2.0"])
@pytest.mark.parametrize(
    "path", ["/who/a\x00b", "/who/" + "x" * 3000, "/who/\ud800", "/who/%", "/who/..", "/who/%2e%2e"]
)
def test_no_path_is_our_bug(client: ApiClient, payload: Payload, path: str) -> None:
    answer: Answer = ApiClient(client.service, client.token, payload=payload).get(path)
    assert answer.status in {200, 400, 404}


def test_preflight_needs_no_credential(client: ApiClient) -> None:
    answer = client.using(None).call("OPTIONS", "/who/ada", headers={"origin": "http://localhost:3000"})
    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "Authorization" in answer.headers["access-control-allow-headers"]
    assert {"PATCH", "DELETE"} <= set(answer.headers["access-control-allow-methods"].split(", "))


def test_errors_can_be_read_across_origins_too(client: ApiClient) -> None:
    answer = client.using(None).get("/who/ada", headers={"origin": "http://localhost:3000"})
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (401, "*")


def test_a_unit_for_another_tenant_comes_after_the_admission(context: Context) -> None:
    early = Routes("early")

    @early.get("/early", access=Access.PUBLIC)
    def reach_out(request: Request) -> None:
        with request.unit_for(ALPHA_TENANT, None):
            raise NotFound("never reached")

    @early.get("/late", access=Access.PUBLIC)
    def recognise_late(request: Request) -> None:
        request.admit()
        request.recognise(request.caller)
        raise Conflict("never reached")

    client = ApiClient(Service(early, context))
    assert [client.get("/early").status, client.get("/late").status] == [500, 500]


@pytest.mark.parametrize(("name", "status"), [("free", 200), ("taken", 409)])
def test_a_paced_answer_waits_whatever_it_says(context: Context, name: str, status: int) -> None:
    begin = time.perf_counter()
    assert ApiClient(Service(routes, context)).post(f"/paced/{name}", {}).status == status
    assert time.perf_counter() - begin >= 0.04
