"""A browser, and the page at a lesson of a tutor whose every word the test decides."""

from collections.abc import AsyncGenerator

import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.e2e.browser import chromium, visit
from tests.fakes.tutor_server import Tutor, serving
from tests.web.learner.lesson import LESSON


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncGenerator[Browser]:
    async with chromium() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def tutor() -> AsyncGenerator[Tutor]:
    async with serving() as served:
        yield served


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, tutor: Tutor) -> AsyncGenerator[Page]:
    """The page, at a lesson."""
    async with visit(browser, tutor.url + LESSON) as opened:
        yield opened
