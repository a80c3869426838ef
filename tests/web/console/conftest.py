"""A browser, and the console in front of the real services and a database of the test's own."""

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from admin_api.routes import routes
from playwright.async_api import Browser, Page

from shared.api import Context, Service
from tests.e2e.browser import chromium
from tests.support.admins import add_admin_session
from tests.support.api import ApiClient
from tests.support.console import Front, serving
from tests.web.console.steps import console


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncGenerator[Browser]:
    async with chromium() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def front(context: Context) -> AsyncGenerator[Front]:
    async with serving(context) as served:
        yield served


@pytest.fixture
def root_token(database_url: str) -> str:
    """A session of a superadmin."""
    return add_admin_session(database_url)


@pytest.fixture
def root(context: Context, root_token: str) -> ApiClient:
    """The API, as the same superadmin."""
    return ApiClient(Service(routes, context), root_token)


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, front: Front, root_token: str) -> AsyncGenerator[Page]:
    """The console with a superadmin signed in, at the tenants."""
    async with console(browser, front.url, root_token) as opened:
        yield opened
