import re
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from infra.local.server import ROOT, add_page, add_pages

PAGE = ROOT / "web" / "learner"


async def test_the_page_and_its_modules_are_served_as_what_they_are() -> None:
    app = web.Application()
    add_page(app, PAGE)
    async with TestClient(TestServer(app)) as client:
        page = await client.get("/")
        assert (page.status, page.content_type) == (200, "text/html")
        assert page.headers["Cache-Control"] == "no-cache"
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        for file in PAGE.iterdir():
            answer = await client.get(f"/{file.name}")
            assert answer.status == 200
            if file.suffix == ".js":
                assert answer.content_type in ("text/javascript", "application/javascript")
        for path in ("/missing.js", "/%2e%2e/%2e%2e/pyproject.toml", "/..%2f..%2fpyproject.toml"):
            assert (await client.get(path)).status in (403, 404)


async def test_the_console_is_served_beside_it() -> None:
    app = web.Application()
    add_pages(app)
    async with TestClient(TestServer(app)) as client:
        for path in ("/console", "/console/", "/console/?view=usage"):
            page = await client.get(path)
            assert (page.status, page.content_type, page.url.path) == (200, "text/html", "/console/")
            assert page.headers["Cache-Control"] == "no-cache"
            assert page.headers["X-Frame-Options"] == "DENY"
        for path in re.findall(r'(?:src|href)="(/[^"#]+)', await page.text()):
            assert (await client.get(path)).status in ((200, 404) if path.startswith("/cdn-cgi/") else (200,)), path
        assert (await client.post("/console/")).status == 405
        for path in ("/console/missing.js", "/console/%2e%2e/learner/app.js", "/console/..%2flearner%2fapp.js"):
            assert (await client.get(path)).status in (403, 404)


async def test_what_was_there_first_wins_over_a_file(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("page")
    (tmp_path / "health").write_text("a file")

    async def health(_request: web.Request) -> web.Response:
        return web.Response(text="healthy")

    app = web.Application()
    app.router.add_get("/health", health)
    add_page(app, tmp_path)
    async with TestClient(TestServer(app)) as client:
        assert await (await client.get("/health")).text() == "healthy"
        assert await (await client.get("/?topic=a")).text() == "page"


async def test_who_asks_for_json_at_the_root_gets_the_description(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("page")

    async def describe(_request: web.Request) -> web.Response:
        return web.json_response({"name": "API"})

    app = web.Application()
    app.router.add_route("*", "/", describe)
    add_page(app, tmp_path)
    async with TestClient(TestServer(app)) as client:
        assert await (await client.get("/", headers={"Accept": "text/html,*/*"})).text() == "page"
        assert await (await client.get("/", headers={"Accept": "application/json"})).json() == {"name": "API"}
        assert (await client.post("/", headers={"Accept": "text/html"})).content_type == "application/json"
