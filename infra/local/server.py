"""One listener for everything: core's sockets, the functions behind their routes, and the pages."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from infra.local.gateway import Gateway, load
from infra.local.template import functions_of

ROOT: Final = Path(__file__).resolve().parents[2]


def build(
    environ: Mapping[str, str], *, beside: Callable[[web.Application], None] = lambda _app: None
) -> web.Application:
    """Put everything on one application; each part reads its own settings.

    Args:
        beside: adds what is not in the deployed API, before the functions take the rest.
    Raises: InvalidInput: a setting is missing or malformed.
    """
    from core.app import build_app
    from core.settings import read_settings

    app = build_app(read_settings(environ))
    beside(app)
    add_functions(app)
    add_pages(app)
    return app


def add_functions(app: web.Application) -> None:
    """Serve every function of template.yaml."""
    Gateway().mount(app, {function: load(function) for function in functions_of(ROOT / "template.yaml")})


def add_pages(app: web.Application) -> None:
    """Serve the learner's page and the administrators' console."""
    add_console(app, ROOT / "web" / "console")
    add_page(app, ROOT / "web" / "learner")


def add_console(app: web.Application, folder: Path) -> None:
    """Serve the console at `/console/`; it uses the learner page's style, so that one is served beside it."""

    async def page(_request: web.Request) -> web.StreamResponse:
        return web.FileResponse(folder / "index.html")

    async def with_a_slash(_request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("/console/")

    app.router.add_get("/console", with_a_slash)
    app.router.add_get("/console/", page)
    app.router.add_static("/console/", folder)


def add_page(app: web.Application, folder: Path) -> None:
    """Serve the learner's page at `/`, except to who asks for JSON; whatever else was added before wins."""
    app.middlewares.append(page_headers)
    app.middlewares.append(at_the_root(folder / "index.html"))
    app.router.add_static("/", folder)


def at_the_root(page: Path) -> Middleware:
    """Return what answers `/` with a page before the API does, which has a description of itself there."""

    @web.middleware
    async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path != "/" or request.method not in {"GET", "HEAD"}:
            return await handler(request)
        return (
            await handler(request)
            if "application/json" in request.headers.get("Accept", "")
            else web.FileResponse(page)
        )

    return answer


@web.middleware
async def page_headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Have browsers ask again for each file, so that an update is seen, and take types as they are told."""
    response = await handler(request)
    if isinstance(response, web.FileResponse):
        response.headers["Cache-Control"] = "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["X-Frame-Options"] = "DENY"
    return response
