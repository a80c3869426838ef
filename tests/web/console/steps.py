"""What administrators do on the console again and again."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

from playwright.async_api import Browser, Locator, Page, expect

from tests.conftest import ALPHA_TENANT
from tests.e2e.browser import visit

IN_ALPHA: Final = f"/api/admin/tenants/{ALPHA_TENANT}"
# What the browser says of a request that was refused, as the tests provoke it.
REFUSED: Final = "the server responded with a status of 4"


@asynccontextmanager
async def console(browser: Browser, url: str, token: str, *, provoked: str = REFUSED) -> AsyncGenerator[Page]:
    """Open the console as whoever holds a session's token, as after loading the page again; at the tenants.

    Args: provoked: part of what the browser will complain of.
    """
    async with visit(browser, f"{url}/console/style.css", tolerated=[REFUSED, provoked]) as page:
        await page.evaluate("token => sessionStorage.setItem('unamentis.admin', token)", token)
        await page.goto(f"{url}/console/")
        await expect(page.get_by_role("heading", name="Tenants", level=1)).to_be_focused()
        yield page


async def open_part(page: Page, part: str) -> None:
    """Open a part of tenant Alpha's."""
    await page.get_by_role("link", name="Alpha", exact=True).click()
    await expect(page.get_by_role("heading", name="Overview", level=1)).to_be_focused()
    await page.get_by_role("navigation", name="Alpha").get_by_role("link", name=part).click()
    await expect(page.get_by_role("heading", name=part, level=1)).to_be_focused()


def field(page: Page, label: str, *, exact: bool = False) -> Locator:
    """Return the field of a label in the view that is shown; the other views' fields wait in the page."""
    return page.get_by_label(label, exact=exact).filter(visible=True)


def row(page: Page, text: str) -> Locator:
    """Return the row that holds a text."""
    return page.get_by_role("row").filter(has_text=text)


async def told(page: Page, text: str) -> None:
    """Expect a message."""
    await expect(page.get_by_role("status", name="Messages")).to_contain_text(text)
