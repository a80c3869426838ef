"""The console's modules, each by itself, in the browser they are made for."""

from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.e2e.browser import visit
from tests.support.console import Front
from tests.web.console.steps import REFUSED

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def run(page: Page, module: str, script: str) -> Any:
    """Import a module of the console as `it` and return what the script returns."""
    return await page.evaluate(f"import('/console/{module}').then((it) => {{ {script} }})")


async def test_money_is_read_and_written_to_the_micro_dollar(browser: Browser, front: Front) -> None:
    async with visit(browser, front.url + "/console/", tolerated=[REFUSED]) as page:
        shown = await run(page, "money.js", "return [0, 7, 1500000, 1234567890001, 120000].map(it.dollars)")
        assert shown == ["$0.00", "$0.000007", "$1.50", "$1,234,567.890001", "$0.12"]
        read = "return ['2.5', '0', '$1000000', ' 0.000007 '].map((text) => it.microDollars('cap', text))"
        assert await run(page, "money.js", read) == [2_500_000, 0, 1_000_000_000_000, 7]
        refused = """return ['', '-1', '1,5', '.5', '1e3', '0.0000001', '99999999'].filter((text) => {
            try { it.microDollars('cap', text); return true; } catch (error) { return error.details.cap === undefined; }
        })"""
        assert await run(page, "money.js", refused) == []
        # What a field of the browser's own says is a local time; the API's are UTC.
        there_and_back = "return it.utc(it.local('2999-01-01T12:34:00Z'))"
        assert await run(page, "moments.js", there_and_back) == "2999-01-01T12:34:00.000Z"
        paths = """return [it.path`/tenants/${'a/b?c'}/x`, ...['', '.', '..'].map((id) => {
            try { return it.path`/tenants/${id}`; } catch ({ status }) { return status; }
        })]"""
        assert await run(page, "api.js", paths) == ["/tenants/a%2Fb%3Fc/x", 404, 404, 404]
