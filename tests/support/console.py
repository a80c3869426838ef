"""The console as `./unamentis up` serves it: the gateway, the real services on a test's own database, the pages.

In front of them stands what may stand there in life: Cloudflare Access, or a line that breaks.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache

from admin_api.routes import routes as admin_routes
from aiohttp import web
from aiohttp.typedefs import Handler
from auth_api.routes import routes as auth_routes

from infra.local.gateway import Gateway
from infra.local.server import ROOT, add_pages
from infra.local.template import Function, functions_of
from shared.api import Context, Service

SERVICES = {"admin_api.handler.handler": admin_routes, "auth_api.handler.handler": auth_routes}


def _nobody() -> dict[str, str]:
    return {}


@dataclass
class Front:
    """What stands before the services.

    Attributes:
        url: where it all answers.
        assertion: the headers Cloudflare Access adds for who has signed in there.
        signed_out: Access sends everybody to its own sign-in.
        losing: answers to POST are lost, after the services have acted.
    """

    url: str = ""
    assertion: Mapping[str, str] = field(default_factory=_nobody)
    signed_out: bool = False
    losing: bool = False

    @web.middleware
    async def pass_on(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let a request through, changed as it would be there."""
        if self.signed_out and request.path.startswith("/api/"):
            raise web.HTTPFound("/cdn-cgi/access/login")
        headers = request.headers.copy()
        headers.update(self.assertion)
        answer = await handler(request.clone(headers=headers))
        if self.losing and request.method == "POST":
            assert request.transport
            request.transport.abort()
        return answer


@cache
def functions() -> tuple[Function, ...]:
    """Return the functions of the template that the console and the holder of a token ask."""
    found = tuple(one for one in functions_of(ROOT / "template.yaml") if one.handler in SERVICES)
    assert len(found) == len(SERVICES)
    return found


async def _signed_out(_request: web.Request) -> web.Response:
    # With an icon: the browser would look for one by itself, and complain that there is none.
    page = '<title>Access</title><link rel="icon" href="/favicon.svg">Signed out'
    return web.Response(text=page, content_type="text/html")


@asynccontextmanager
async def serving(context: Context) -> AsyncGenerator[Front]:
    """Serve the console on loopback until the block ends."""
    front = Front()
    app = web.Application(middlewares=[front.pass_on])
    Gateway(workers=4).mount(app, {one: Service(SERVICES[one.handler], context).handle for one in functions()})
    app.router.add_get("/cdn-cgi/access/logout", _signed_out)
    add_pages(app)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    front.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield front
    finally:
        await runner.cleanup()
