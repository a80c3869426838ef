"""The console behind Cloudflare Access: the browser carries Access's sign-in, and the page none of its own."""

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.e2e.browser import visit
from tests.support.admins import add_admin
from tests.support.console import Front, serving
from tests.support.identity import context_for
from tests.support.key_server import key_server
from tests.web.console.steps import REFUSED

pytestmark = pytest.mark.asyncio(loop_scope="module")

AUDIENCE = "admin-application"


@pytest_asyncio.fixture(loop_scope="module")
async def guarded(database_url: str) -> AsyncGenerator[Front]:
    """Somebody has signed in with Access: it vouches for them in each request."""
    with key_server() as keys:
        keys.add_key("k1")
        team = keys.url.removesuffix("/certs")
        context = context_for(database_url, access_team=team, access_audience=AUDIENCE)
        claims = {"iss": team, "aud": [AUDIENCE], "sub": "1", "email": "head@school.example"}
        async with serving(context) as front:
            front.assertion = {"Cf-Access-Jwt-Assertion": keys.sign(claims, "k1")}
            yield front
        context.database.close()


async def test_who_signed_in_with_access_is_known_until_it_ends(
    browser: Browser, guarded: Front, database_url: str
) -> None:
    add_admin(database_url, "head@school.example")
    async with visit(browser, guarded.url + "/console/") as page:
        await expect(page.get_by_text("head@school.example (superadmin)")).to_be_visible()
        await page.get_by_role("link", name="People").click()
        await expect(page.get_by_role("table", name="People")).to_be_visible()
        assert await page.evaluate("sessionStorage.length") == 0
        guarded.signed_out = True
        await page.get_by_role("link", name="Jobs").click()
        await expect(page.get_by_text("Your sign-in with Cloudflare Access has ended.")).to_be_visible()
        await expect(page.get_by_label("Password").filter(visible=True)).to_have_count(0)
        await expect(page.get_by_role("table")).to_have_count(0)
        guarded.signed_out = False
        await page.get_by_role("link", name="Sign in again").click()
        # Who leaves while the page still loads cuts requests off, and the browser says so.
        await page.wait_for_load_state("networkidle")
        await page.get_by_role("button", name="Sign out").click()
        await page.wait_for_url(guarded.url + "/cdn-cgi/access/logout")


async def test_whoever_access_knows_is_not_an_administrator_for_that(browser: Browser, guarded: Front) -> None:
    async with visit(browser, guarded.url + "/console/", tolerated=[REFUSED]) as page:
        await expect(page.get_by_text("You are not an administrator here.")).to_be_visible()
        await expect(page.get_by_label("Password").filter(visible=True)).to_have_count(0)
        await expect(page.get_by_role("link", name="leave as this person")).to_be_visible()
