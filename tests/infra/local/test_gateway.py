import asyncio
import base64
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from infra.local.gateway import MAX_BODY_BYTES, Gateway, Handler, LambdaContext, load, pattern, specificity
from infra.local.template import Function

SEEN: dict[str, Any] = {}


def echo(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """A function that answers with what it was given."""
    SEEN["event"], SEEN["context"] = event, context
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": event["routeKey"]}


def serving(path: str, method: str = "ANY") -> Function:
    return Function("Echo", Path(), "unused", ((method, path),))


@asynccontextmanager
async def gateway(
    functions: Mapping[Function, Handler], timeout_seconds: float = 30.0
) -> AsyncGenerator[TestClient[web.Request, web.Application]]:
    app = web.Application()
    Gateway(workers=4, timeout_seconds=timeout_seconds).mount(app, functions)
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_a_request_becomes_a_payload_2_event() -> None:
    async with gateway({serving("/api/packs/{id}/questions"): echo}) as client:
        headers = [("X-Client-ID", "phone"), ("X-Many", "a"), ("X-Many", "b"), ("Cookie", "one=1; two=2")]
        answer = await client.post(
            "/api/packs/caf%C3%A9/questions?tag=a&tag=b&empty=", json={"text": "héllo"}, headers=headers
        )
        assert answer.status == 200
    event = SEEN["event"]
    assert event["version"] == "2.0"
    assert event["rawPath"] == "/api/packs/caf%C3%A9/questions"
    assert event["rawQueryString"] == "tag=a&tag=b&empty="
    assert event["queryStringParameters"] == {"tag": "a,b", "empty": ""}
    assert event["pathParameters"] == {"id": "café"}
    assert event["headers"]["x-client-id"] == "phone"
    assert event["headers"]["x-many"] == "a,b"
    assert event["cookies"] == ["one=1", "two=2"]
    assert "cookie" not in event["headers"]
    http = event["requestContext"]["http"]
    assert (http["method"], http["sourceIp"]) == ("POST", "127.0.0.1")
    assert event["body"] == '{"text": "h\\u00e9llo"}'
    assert event["isBase64Encoded"] is False
    assert SEEN["context"].aws_request_id == event["requestContext"]["requestId"]
    assert 0 < SEEN["context"].get_remaining_time_in_millis() <= 30_000


@pytest.mark.parametrize(
    ("content_type", "body"), [("application/octet-stream", b"plain"), ("application/json", b"\xff\xfe")]
)
async def test_a_body_that_is_not_text_is_encoded(content_type: str, body: bytes) -> None:
    async with gateway({serving("/api/upload"): echo}) as client:
        await client.post("/api/upload", data=body, headers={"Content-Type": content_type})
    assert SEEN["event"]["isBase64Encoded"] is True
    assert base64.b64decode(SEEN["event"]["body"]) == body


async def test_an_answer_becomes_a_response() -> None:
    def binary(_event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
        headers = {"Content-Type": "audio/wav", "X-Request-Id": "r1"}
        body = base64.b64encode(b"RIFF\x00").decode()
        return {"statusCode": 201, "headers": headers, "body": body, "isBase64Encoded": True, "cookies": ["a=1", "b=2"]}

    async with gateway({serving("/api/audio"): binary}) as client:
        answer = await client.get("/api/audio")
        assert (answer.status, await answer.read()) == (201, b"RIFF\x00")
        assert answer.headers["Content-Type"] == "audio/wav"
        assert answer.headers.getall("Set-Cookie") == ["a=1", "b=2"]


async def test_head_and_preflight_reach_the_function() -> None:
    async with gateway({serving("/api/packs/{proxy+}"): echo}) as client:
        for method in ("HEAD", "OPTIONS", "PATCH"):
            await client.request(method, "/api/packs/a/b")
            assert SEEN["event"]["requestContext"]["http"]["method"] == method
            assert SEEN["event"]["pathParameters"] == {"proxy": "a/b"}


async def test_a_literal_path_wins_over_a_variable_and_that_over_the_rest() -> None:
    def named(name: str) -> Handler:
        return lambda _event, _context: {"statusCode": 200, "body": name}

    functions = {
        serving("/api/packs/{proxy+}"): named("rest"),
        serving("/api/packs/{id}"): named("one"),
        serving("/api/packs/import"): named("import"),
    }
    async with gateway(functions) as client:
        for path, name in (("import", "import"), ("7", "one"), ("7/questions", "rest")):
            assert await (await client.get(f"/api/packs/{path}")).text() == name


async def test_a_path_nobody_serves_gets_the_envelope() -> None:
    async with gateway({serving("/api/packs", "GET"): echo}) as client:
        answer = await client.get("/api/unknown")
        body = await answer.json()
        assert (answer.status, body["code"]) == (404, "not_found")
        assert body["request_id"] == answer.headers["X-Request-Id"]


async def test_a_body_above_the_limit_gets_413() -> None:
    async with gateway({serving("/api/upload"): echo}) as client:
        answer = await client.post("/api/upload", data=b"x" * (MAX_BODY_BYTES + 1))
        assert (answer.status, (await answer.json())["code"]) == (413, "payload_too_large")


async def test_a_stream_that_grows_above_the_limit_gets_413() -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(MAX_BODY_BYTES // 65536 + 1):
            yield b"x" * 65536

    async with gateway({serving("/api/upload"): echo}) as client:
        answer = await client.post("/api/upload", data=endless())
        assert answer.status == 413


async def test_the_largest_body_passes() -> None:
    async with gateway({serving("/api/upload"): echo}) as client:
        answer = await client.post("/api/upload", data=b"x" * MAX_BODY_BYTES)
        assert answer.status == 200


async def test_a_function_that_does_not_answer_gets_504() -> None:
    release = threading.Event()

    def stuck(_event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
        release.wait()
        return {"statusCode": 200}

    async with gateway({serving("/api/slow"): stuck}, timeout_seconds=0.05) as client:
        answer = await client.get("/api/slow")
        assert (answer.status, (await answer.json())["code"]) == (504, "timeout")
        release.set()


async def test_a_function_that_raises_gets_500_without_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    said = "what the learner said"

    def broken(_event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
        raise ValueError(said)

    async with gateway({serving("/api/broken"): broken}) as client:
        answer = await client.get("/api/broken")
        assert (answer.status, (await answer.json())["code"]) == (500, "internal_error")
    assert said not in await answer.text() + capsys.readouterr().out


async def test_functions_run_beside_each_other() -> None:
    both = threading.Barrier(2, timeout=20)

    def meet(_event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
        both.wait()
        return {"statusCode": 204}

    async with gateway({serving("/api/meet"): meet}) as client:
        answers = await asyncio.gather(client.get("/api/meet"), client.get("/api/meet"))
        assert [answer.status for answer in answers] == [204, 204]


def test_a_handler_is_imported_from_its_own_folder(tmp_path: Path) -> None:
    package = tmp_path / "lambda" / "tides" / "tides_api"
    package.mkdir(parents=True)
    (package / "handler.py").write_text("def handler(event, context):\n    return {'statusCode': event['n']}\n")
    handler = load(Function("Tides", tmp_path / "lambda" / "tides", "tides_api.handler.handler", ()))
    assert handler({"n": 204}, LambdaContext("Tides", "r")) == {"statusCode": 204}


def test_paths_are_translated_and_ordered() -> None:
    assert pattern("/api/{id}/{proxy+}") == "/api/{id}/{proxy:.+}"
    assert specificity("/api/packs") < specificity("/api/{id}") < specificity("/api/{proxy+}")
