"""Looking into a course on another machine, while somebody waits for it."""

import asyncio
import base64
from collections.abc import Callable

import pytest
from aiohttp import web

from core.fetching.fetcher import Limits
from core.imports.desk import ImportDesk
from core.imports.registry import BUILT_IN, Plugins
from core.imports.service import import_routes
from shared.api import Context, Service
from tests.core.imports.conftest import School
from tests.support.api import ApiClient
from tests.support.identity import add_beta_token
from tests.support.imports import MODEL
from tests.support.library_server import never

Asking = Callable[[Limits], ApiClient]


@pytest.fixture
def asking(context: Context, school: School) -> Asking:
    """Makes a teacher's client of routes that fetch within limits."""
    token = add_beta_token(school.database, school.teacher)

    def client(limits: Limits) -> ApiClient:
        plugins = Plugins(BUILT_IN, school.objects, school.shelf.fetcher(limits))
        return ApiClient(Service(import_routes(ImportDesk(plugins, school.objects, model=MODEL)), context), token)

    return client


def path_of(school: School, course: str) -> str:
    address = base64.urlsafe_b64encode(school.shelf.url(course).encode()).decode().rstrip("=")
    return f"/api/import/sources/web/courses/{address}"


async def test_a_server_that_never_answers_is_told_of_in_time(asking: Asking, school: School) -> None:
    client = asking(Limits(seconds=0.2))
    school.shelf.answers["/slow.md"] = never
    answer = await asyncio.to_thread(client.get, path_of(school, "/slow.md"))
    assert (answer.status, answer.body["code"], answer.body["details"]["rule"]) == (400, "url_refused", "time")
    # Its import is another matter: a job has time.
    order = {"sourceId": "web", "courseId": school.shelf.url("/slow.md")}
    assert (await asyncio.to_thread(client.post, "/api/import/jobs", order)).status == 200


async def test_who_comes_while_others_are_waited_for_is_told_to_come_again(asking: Asking, school: School) -> None:
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def wait(_request: web.Request) -> web.StreamResponse:
        arrived.set()
        await go_on.wait()
        return web.Response(body=school.shelf.files["/book.md"])

    school.shelf.answers["/slow.md"] = wait
    client = asking(Limits(seconds=60, at_once=1))
    waiting = asyncio.create_task(asyncio.to_thread(client.get, path_of(school, "/slow.md")))
    await asyncio.wait_for(arrived.wait(), 30)
    refused = await asyncio.to_thread(client.get, path_of(school, "/book.md"))
    assert (refused.status, refused.body["code"]) == (503, "too_many_fetches")
    go_on.set()
    assert (await waiting).body["course"]["title"] == "The Book of Things"
    assert (await asyncio.to_thread(client.get, path_of(school, "/book.md"))).status == 200
