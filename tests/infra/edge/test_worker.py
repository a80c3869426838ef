"""The Worker between a client and an origin: what passes, what does not, and who answers when nobody else does."""

import asyncio
import json
import re
import socket
import subprocess
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import closing

import aiohttp
import pytest
from yarl import URL

from infra.edge import toolchain
from tests.support.edge import Edge, Origin, values

SECRET = "of-the-edge-only"
BROWSER = {"Accept": "text/html,application/xhtml+xml"}
PROMISED = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
}


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    with Origin() as made:
        yield made


@pytest.fixture(scope="module")
def edge(origin: Origin) -> Iterator[Edge]:
    """As Cloudflare runs it: Cloudflare has written the client's address into CF-Connecting-IP."""
    settings = {"ADDRESS_HEADER": "CF-Connecting-IP", "ADMIN_HOST": "admin.school.example", "ORIGIN_SECRET": SECRET}
    with Edge(origin.url, settings=settings) as made:
        yield made


@pytest.fixture(scope="module")
def dead_end() -> Iterator[Edge]:
    """Nobody listens behind it, and nobody has said where clients are."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    with Edge(f"http://127.0.0.1:{port}") as made:
        yield made


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
        yield session


def test_types() -> None:
    compiler = toolchain.PACKAGES / "typescript" / "bin" / "tsc"
    done = subprocess.run(
        [toolchain.ensure(), compiler], cwd=toolchain.FOLDER, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_lock_names_the_public_registry_only() -> None:
    lock = json.loads(toolchain.LOCK.read_text(encoding="utf-8"))
    addresses = [package["resolved"] for package in lock["packages"].values() if "resolved" in package]
    assert addresses
    assert [address for address in addresses if not address.startswith("https://registry.npmjs.org/")] == []


async def test_nothing_a_client_could_forge_reaches_an_origin(edge: Edge, http: aiohttp.ClientSession) -> None:
    forged = {
        "CF-Access-Authenticated-User-Email": "principal@school.example",
        "CF-IPCountry": "XX",
        "CF-Ray": "forged",
        "CF-Visitor": "{}",
        "Connection": "keep-alive, X-Mine",
        "Forwarded": "for=6.6.6.6",
        "True-Client-IP": "6.6.6.6",
        "Via": "1.1 forged",
        "X-Client-Address": "6.6.6.6",
        "X-Client-IP": "6.6.6.6",
        "X-Forwarded-For": "6.6.6.6",
        "X-Forwarded-Host": "forged.example",
        "X-Forwarded-Proto": "forged",
        "X-HTTP-Method-Override": "DELETE",
        "X-Mine": "of this connection",
        "X-Original-URL": "/metrics",
        "X-Origin-Secret": "guessed",
        "X-Real-IP": "6.6.6.6",
        "X-Request-Id": "forged-forged-forged",
    }
    own = {"Authorization": "Bearer mine", "CF-Connecting-IP": "198.51.100.9", "Idempotency-Key": "7"}
    async with http.get(f"{edge.url}/api/curricula?q=a%20b", headers=forged | own) as answer:
        told = await answer.json()
    seen = json.dumps(told["headers"]).lower()
    assert "6.6.6.6" not in seen
    assert "forged" not in seen
    assert not [name for name in ("x-mine", "cf-connecting-ip", "cf-ipcountry", "via") if values(told, name)]
    assert told["path"] == "/api/curricula?q=a%20b"
    assert values(told, "authorization") == ["Bearer mine"]
    assert values(told, "idempotency-key") == ["7"]
    assert values(told, "x-client-address") == ["198.51.100.9"]
    assert values(told, "x-origin-secret") == [SECRET]
    assert values(told, "x-forwarded-host") == [edge.url.removeprefix("http://")]
    assert values(told, "x-forwarded-proto") == ["http"]
    assert values(told, "x-request-id") == [answer.headers["X-Request-Id"]]


async def test_a_connection_header_cannot_take_the_credentials_away(edge: Edge, http: aiohttp.ClientSession) -> None:
    headers = {"Authorization": "Bearer mine", "Connection": "close, Authorization"}
    async with http.get(f"{edge.url}/api/curricula", headers=headers) as answer:
        assert values(await answer.json(), "authorization") == ["Bearer mine"]


async def test_administration_answers_on_its_own_host_only(edge: Edge, http: aiohttp.ClientSession) -> None:
    assertion = {"Cf-Access-Jwt-Assertion": "signed"}
    for path in ("/api/admin/users", "/api/%61dmin/users", "/api/admin"):
        async with http.get(URL(edge.url + path, encoded=True), headers=assertion) as answer:
            assert answer.status == 404
    async with http.get(f"{edge.url}/api/admin/users", headers=assertion | {"Host": "admin.school.example"}) as answer:
        assert values(await answer.json(), "cf-access-jwt-assertion") == ["signed"]


async def test_what_an_origin_says_is_kept_and_made_safe(edge: Edge, http: aiohttp.ClientSession) -> None:
    query = "status=418&header=X-Request-Id:its-own-id-of-the-log&header=X-Frame-Options:SAMEORIGIN&text=%C3%A9"
    async with http.get(f"{edge.url}/api/curricula?{query}") as answer:
        assert (answer.status, await answer.text()) == (418, "é")
        assert answer.headers["X-Request-Id"] == "its-own-id-of-the-log"
        assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Server" not in answer.headers
    redirect = "status=302&header=Location:https://elsewhere.example/"
    async with http.get(f"{edge.url}/api/curricula?{redirect}", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (302, "https://elsewhere.example/")


async def test_answers_without_a_body_stay_so(edge: Edge, http: aiohttp.ClientSession) -> None:
    for status in (204, 304):
        async with http.get(f"{edge.url}/api/curricula?status={status}") as answer:
            assert (answer.status, await answer.read()) == (status, b"")
    async with http.head(f"{edge.url}/api/curricula") as answer:
        assert (answer.status, await answer.read()) == (200, b"")


async def test_a_body_that_means_nothing_is_left_behind(edge: Edge, http: aiohttp.ClientSession) -> None:
    async with http.get(f"{edge.url}/api/curricula", data=b"ignored") as answer:
        assert (await answer.json())["bytes"] == 0
    async with http.delete(f"{edge.url}/api/lists/1", data=b"kept") as answer:
        assert (await answer.json())["bytes"] == 4


@pytest.mark.parametrize(
    ("path", "limit"),
    [("/api/sessions", 1 << 20), ("/api/metrics", 65_536), ("/api/kb/packs/import", 5 * 1024 * 1024)],
)
async def test_a_body_has_the_limit_of_its_path(
    edge: Edge, origin: Origin, http: aiohttp.ClientSession, path: str, limit: int
) -> None:
    async with http.post(edge.url + path, data=bytes(limit)) as answer:
        assert (await answer.json())["bytes"] == limit
    before = origin.requests
    async with http.post(edge.url + path, data=bytes(limit + 1)) as answer:
        told = await answer.json()
    assert (answer.status, told["code"]) == (413, "payload_too_large")
    assert str(limit) in told["error"]
    assert told["request_id"] == answer.headers["X-Request-Id"]
    assert origin.requests == before


async def test_a_body_without_a_length_is_counted(edge: Edge, http: aiohttp.ClientSession) -> None:
    async def pieces(count: int) -> AsyncGenerator[bytes]:
        for _ in range(count):
            yield bytes(16_384)

    async with http.post(f"{edge.url}/api/metrics", data=pieces(4)) as answer:
        assert (await answer.json())["bytes"] == 65_536
    async with http.post(f"{edge.url}/api/metrics", data=pieces(5)) as answer:
        assert (answer.status, (await answer.json())["code"]) == (413, "payload_too_large")


async def test_a_socket_goes_through_with_everything_it_carries(edge: Edge, http: aiohttp.ClientSession) -> None:
    headers = {"CF-Connecting-IP": "198.51.100.9", "X-Origin-Secret": "guessed", "X-Forwarded-For": "6.6.6.6"}
    address = f"{edge.url}/v1/realtime?model=x"
    async with http.ws_connect(address, headers=headers, protocols=["realtime"]) as opened:
        told = await opened.receive_json()
        assert (told["x-origin-secret"], told["x-client-address"]) == (SECRET, "198.51.100.9")
        assert "x-forwarded-for" not in told
        assert opened.protocol == "realtime"
        await opened.send_bytes(bytes(range(256)) * 256)
        assert await opened.receive_bytes() == bytes(range(256)) * 256
        await opened.send_str("é")
        assert await opened.receive_str() == "é"
        await opened.send_str("bye")
        end = await opened.receive()
        assert (end.type, end.data, end.extra) == (aiohttp.WSMsgType.CLOSE, 4321, "as you wish")


async def test_a_socket_opens_where_there_is_one_only(edge: Edge, http: aiohttp.ClientSession) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await http.ws_connect(f"{edge.url}/api/curricula")


@pytest.mark.parametrize(
    "path", ["/metrics", "/%6Detrics", "/ws/../metrics", "/ws/other", "/v1/models", "/.env", "//api/health"]
)
async def test_what_is_not_for_the_internet_reaches_nobody(
    edge: Edge, origin: Origin, http: aiohttp.ClientSession, path: str
) -> None:
    before = origin.requests
    async with http.get(URL(edge.url + path, encoded=True)) as answer:
        assert (answer.status, (await answer.json())["code"]) == (404, "not_found")
    assert origin.requests == before


async def test_what_never_changes_is_fetched_once(edge: Edge, origin: Origin, http: aiohttp.ClientSession) -> None:
    forever = "header=Cache-Control:public, max-age=600, immutable"
    before = origin.requests
    ids: set[str] = set()
    for address in (f"a=1&{forever}", f"a=1&{forever}", f"{forever}&a=1"):
        async with http.get(f"{edge.url}/assets/curriculum/1/2/3?{address}") as answer:
            ids.add(answer.headers["X-Request-Id"])
            told = await answer.json()
        assert told["path"].startswith("/assets/curriculum/1/2/3?a=1")
    assert origin.requests == before + 1
    assert len(ids) == 3


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("/assets/curriculum/b?header=Cache-Control:private, max-age=600, immutable", {}),
        ("/media/speech?header=Cache-Control:private, max-age=600, immutable", {}),
        ("/assets/curriculum/b?header=Cache-Control:public, max-age=600, immutable", {"Authorization": "Bearer mine"}),
        ("/assets/curriculum/b?header=Cache-Control:public, max-age=600, immutable", {"Origin": "https://b.example"}),
        ("/assets/curriculum/b?status=404&header=Cache-Control:public, max-age=600, immutable", {}),
        ("/api/curricula?header=Cache-Control:public, max-age=600, immutable", {}),
    ],
)
async def test_what_is_somebodys_own_is_not_kept(
    edge: Edge, origin: Origin, http: aiohttp.ClientSession, address: str, headers: dict[str, str]
) -> None:
    before = origin.requests
    for _ in range(2):
        async with http.get(edge.url + address, headers=headers) as answer:
            await answer.read()
    assert origin.requests == before + 2


@pytest.mark.parametrize("status", [502, 504, 521, 530])
async def test_a_gateways_complaint_is_an_outage(edge: Edge, http: aiohttp.ClientSession, status: int) -> None:
    async with http.get(f"{edge.url}/api/curricula?status={status}&text=error+code") as answer:
        assert (answer.status, (await answer.json())["code"]) == (503, "unavailable")
    own = "header=X-Request-Id:its-own-id-of-the-log"
    async with http.get(f"{edge.url}/api/curricula?status={status}&{own}&text=own") as answer:
        assert (answer.status, await answer.text()) == (status, "own")


async def test_programs_are_told_of_an_outage_in_the_apis_words(dead_end: Edge, http: aiohttp.ClientSession) -> None:
    for path in ("/api/health", "/api/tts/profiles", "/ws"):
        async with http.get(dead_end.url + path) as answer:
            told = await answer.json()
        assert (answer.status, answer.headers["Retry-After"], told["code"]) == (503, "30", "unavailable")
        assert told["request_id"] == answer.headers["X-Request-Id"]
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert {name: answer.headers[name] for name in PROMISED} == PROMISED
        assert told["request_id"] in await asyncio.to_thread(dead_end.line_with, told["request_id"])
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await http.ws_connect(f"{dead_end.url}/ws/audio?token=secret-of-a-learner")
    assert refused.value.status == 503
    assert "secret-of-a-learner" not in "".join(dead_end.output)


async def test_people_are_told_of_an_outage_with_a_page(dead_end: Edge, http: aiohttp.ClientSession) -> None:
    async with http.get(f"{dead_end.url}/api/reference", headers=BROWSER) as answer:
        text = await answer.text()
    assert (answer.status, answer.content_type) == (503, "text/html")
    assert "Your tutor cannot be reached" in text
    assert answer.headers["X-Request-Id"] in text
    nonce = re.search(r'style nonce="([^"]+)"', text)
    assert nonce
    assert f"'nonce-{nonce[1]}'" in answer.headers["Content-Security-Policy"]


async def test_where_cloudflare_is_not_in_front_nobody_says_where_clients_are(
    origin: Origin, http: aiohttp.ClientSession
) -> None:
    with Edge(origin.url) as alone:
        async with http.get(f"{alone.url}/api/curricula", headers={"CF-Connecting-IP": "6.6.6.6"}) as answer:
            told = await answer.json()
    assert "6.6.6.6" not in json.dumps(told)
    assert values(told, "x-client-address") == []
    assert values(told, "x-origin-secret") == []


async def test_during_maintenance_nobody_comes_in(origin: Origin, http: aiohttp.ClientSession) -> None:
    before = origin.requests
    with Edge(origin.url, settings={"MAINTENANCE": "on"}) as resting:
        async with http.get(f"{resting.url}/", headers=BROWSER) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (503, "120")
            assert "Back in a moment" in await answer.text()
        async with http.get(f"{resting.url}/console/app.js") as answer:
            assert answer.status == 503
        async with http.post(f"{resting.url}/api/auth/login", json={}) as answer:
            assert (answer.status, (await answer.json())["code"]) == (503, "maintenance")
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await http.ws_connect(f"{resting.url}/ws/audio")
    assert origin.requests == before


async def test_every_address_inside_the_app_is_the_app(dead_end: Edge, http: aiohttp.ClientSession) -> None:
    for path in ("/", "/lessons/why-the-sky-is-blue", "/index.html"):
        async with http.get(dead_end.url + path, headers=BROWSER) as answer:
            assert (answer.status, answer.content_type) == (200, "text/html")
            assert 'src="/app.js"' in await answer.text()
            assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
            assert {name: answer.headers[name] for name in PROMISED} == PROMISED
            tag = answer.headers["ETag"]
        async with http.get(dead_end.url + path, headers=BROWSER | {"If-None-Match": tag}) as again:
            assert again.status == 304


async def test_what_is_no_page_is_not_the_app(dead_end: Edge, http: aiohttp.ClientSession) -> None:
    async with http.get(f"{dead_end.url}/missing.js", headers=BROWSER) as answer:
        assert answer.status == 404
    async with http.get(f"{dead_end.url}/lessons", headers={"Accept": "application/json"}) as answer:
        assert (answer.status, (await answer.json())["code"]) == (404, "not_found")
    async with http.post(f"{dead_end.url}/lessons", headers=BROWSER) as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")
    async with http.get(f"{dead_end.url}/console/missing.js", headers=BROWSER) as answer:
        assert answer.status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/console",
        "/console/?view=usage",
        "/console/index.html",
        "/console/app.js",
        "/%63onsole/app.js",
        "/console%2Fapp.js",
        "//console/app.js",
        "//console/",
        "/%2e/console/app.js",
    ],
)
async def test_the_console_is_on_the_admin_host_only(edge: Edge, http: aiohttp.ClientSession, path: str) -> None:
    async with http.get(URL(edge.url + path, encoded=True), headers=BROWSER) as answer:
        assert (answer.status, answer.content_type) == (404, "text/html")
        assert "console" not in await answer.text()


async def test_the_admin_host_serves_the_console(edge: Edge, http: aiohttp.ClientSession) -> None:
    admin = BROWSER | {"Host": "admin.school.example"}
    for path in ("/console", "/console/?view=usage", "/console/index.html"):
        async with http.get(edge.url + path, headers=admin) as answer:
            assert (answer.status, answer.content_type) == (200, "text/html")
            assert 'src="/console/app.js"' in await answer.text()
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
            assert {name: answer.headers[name] for name in PROMISED} == PROMISED
    for path, kind in (("/console/app.js", "text/javascript"), ("/console/style.css", "text/css")):
        async with http.get(edge.url + path, headers={"Host": "admin.school.example"}) as answer:
            assert (answer.status, answer.content_type) == (200, kind)
            assert answer.headers["Cache-Control"] == "no-cache"
            known = {"Host": "admin.school.example", "If-None-Match": answer.headers["ETag"]}
        async with http.get(edge.url + path, headers=known) as again:
            assert again.status == 304
    async with http.post(f"{edge.url}/console/app.js", headers=admin) as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")
    async with http.get(f"{edge.url}/", headers=admin, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (302, "/console/")


async def test_where_no_host_is_the_admins_the_console_is_on_every_one(
    dead_end: Edge, http: aiohttp.ClientSession
) -> None:
    for path in ("/console/", "/console/app.js"):
        async with http.get(dead_end.url + path, headers=BROWSER) as answer:
            assert answer.status == 200
    async with http.get(f"{dead_end.url}/", headers=BROWSER) as answer:
        assert 'src="/app.js"' in await answer.text()


async def test_at_the_root_programs_get_the_apis_description(edge: Edge, http: aiohttp.ClientSession) -> None:
    async with http.get(f"{edge.url}/", headers={"Accept": "application/json"}) as answer:
        assert (await answer.json())["path"] == "/"
