"""Core's requests are answered as a Lambda's are."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientError, web
from aiohttp.test_utils import TestClient, TestServer

from core.http.adapter import MAX_BODY_BYTES, HttpAdapter
from core.http.streaming import offer
from infra.local.gateway import Gateway
from infra.local.template import functions_of
from shared.api import Access, Context, Reply, Request, Routes, Service
from shared.db import Database
from tests.conftest import ALPHA
from tests.support.identity import add_beta_token
from tests.support.installation import ROOT
from tests.support.speech import speech_routes

routes = Routes("probe")


@routes.get("/api/probe/{name}", access=Access.CLIENT)
def probe(request: Request, name: str) -> dict[str, str]:
    return {"name": name, "query": request.http.query.get("q", ""), "many": request.http.headers.get("x-many", "")}


@routes.post("/api/probe/{name}", access=Access.CLIENT, max_body=10)
def echo(request: Request, name: str) -> Reply:
    return Reply(request.http.body, headers={"Content-Type": "application/octet-stream", "X-Name": name})


@routes.get("/api/bug", access=Access.PUBLIC)
def bug(request: Request) -> None:
    raise ValueError(request.http.path)


class Tap:
    """A stream without end, and whether it was closed."""

    def __init__(self) -> None:
        self.closed = asyncio.Event()

    async def run(self) -> AsyncIterator[bytes]:
        try:
            while True:
                yield bytes(1 << 16)
        finally:
            self.closed.set()


async def test_a_client_that_reads_no_further_is_cut_off_and_nothing_more_is_made(context: Context) -> None:
    tap, streams = Tap(), Routes("streams")

    @streams.get("/api/stream", access=Access.PUBLIC)
    def stream(request: Request) -> Reply:
        del request
        offer(tap.run)
        return Reply(b"")

    app = web.Application()
    HttpAdapter(Service(streams, context), patience_s=0.2).mount(app)
    async with TestClient(TestServer(app)) as made:
        answer = await made.get("/api/stream")
        assert answer.status == 200
        async with asyncio.timeout(20):
            await tap.closed.wait()
        with pytest.raises(ClientError):
            await answer.read()


@pytest.fixture
async def client(context: Context) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    app = web.Application()
    HttpAdapter(Service(routes, context)).mount(app)
    async with TestClient(TestServer(app)) as made:
        yield made


@pytest.fixture
def token(database: Database) -> dict[str, str]:
    return {"Authorization": f"Bearer {add_beta_token(database, ALPHA)}"}


async def test_path_query_and_limits_arrive(
    client: TestClient[web.Request, web.Application], token: dict[str, str]
) -> None:
    headers = [*token.items(), ("X-Many", "a"), ("X-Many", "b")]
    answer = await client.get("/api/probe/caf%C3%A9?q=a%26b", headers=headers)
    assert await answer.json() == {"name": "café", "query": "a&b", "many": "a,b"}
    assert "X-RateLimit-Remaining" in answer.headers
    assert answer.headers["X-Request-Id"]


async def test_bytes_go_and_come_as_they_are(
    client: TestClient[web.Request, web.Application], token: dict[str, str]
) -> None:
    answer = await client.post("/api/probe/x", data=b"\x00\xff", headers=token)
    assert (await answer.read(), answer.headers["X-Name"]) == (b"\x00\xff", "x")


async def test_errors_are_the_envelope(client: TestClient[web.Request, web.Application], token: dict[str, str]) -> None:
    found = {
        "no token": await client.get("/api/probe/x"),
        "no method": await client.delete("/api/probe/x", headers=token),
        "long body": await client.post("/api/probe/x", data=b"x" * 11, headers=token),
        "longer body": await client.post("/api/probe/x", data=bytes(MAX_BODY_BYTES + 1), headers=token),
        "bug": await client.get("/api/bug"),
    }
    told = {name: (answer.status, (await answer.json())["code"]) for name, answer in found.items()}
    assert told == {
        "no token": (401, "missing_token"),
        "no method": (405, "method_not_allowed"),
        "long body": (413, "payload_too_large"),
        "longer body": (413, "payload_too_large"),
        "bug": (500, "internal_error"),
    }
    assert all(answer.headers["X-Request-Id"] for answer in found.values())


async def test_browsers_may_ask_before(client: TestClient[web.Request, web.Application]) -> None:
    answer = await client.options("/api/probe/x", headers={"Origin": "https://console.example"})
    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (204, "*")


async def test_head_has_no_body(client: TestClient[web.Request, web.Application], token: dict[str, str]) -> None:
    answer = await client.head("/api/probe/x", headers=token)
    assert (answer.status, await answer.read()) == (200, b"")


async def test_on_one_listener_core_wins_over_a_function_with_a_wider_path(context: Context) -> None:
    app = web.Application()
    HttpAdapter(Service(speech_routes(), context)).mount(app)

    def function(event: dict[str, object], _context: object) -> dict[str, object]:
        return {"statusCode": 418, "body": str(event["rawPath"])}

    Gateway().mount(app, dict.fromkeys(functions_of(ROOT / "template.yaml"), function))
    async with TestClient(TestServer(app)) as made:
        ours = ["/api/kb/audio/q/question", "/api/curricula/c/topics/t/stream-audio", "/api/tts/cache/stats"]
        assert [(await made.get(path)).status for path in ours] == [401, 401, 401]
        theirs = ["/api/kb/packs", "/api/curricula/c/topics/t/transcript"]
        assert [(await made.get(path)).status for path in theirs] == [418, 418]
