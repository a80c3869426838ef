"""The console by keyboard, by ear, and at any width."""

import re

import pytest
from playwright.async_api import Page, expect

from infra.local.server import ROOT
from tests.conftest import ALPHA_USER
from tests.support.api import ApiClient
from tests.web.console.steps import IN_ALPHA, field, open_part, told

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_keyboard_is_enough_and_never_lost(page: Page, root: ApiClient) -> None:
    root.post(f"{IN_ALPHA}/tokens", {"user_id": ALPHA_USER, "label": "Class 4b"})
    await open_part(page, "Beta tokens")
    revoke = page.get_by_role("button", name="Revoke Class 4b")
    for _ in range(8):
        await page.keyboard.press("Tab")
        if await revoke.evaluate("button => button === document.activeElement"):
            break
    await expect(revoke).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="No")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(revoke).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await told(page, "The token Class 4b is revoked.")
    await expect(page.get_by_role("heading", name="Beta tokens", level=1)).to_be_focused()
    await field(page, "Label").focus()
    await page.keyboard.press("Enter")
    await expect(field(page, "Member")).to_be_focused()


async def test_a_screen_reader_finds_its_way(page: Page) -> None:
    await open_part(page, "Budgets")
    await expect(page.locator("body")).to_match_aria_snapshot("""
      - link "Skip to the content"
      - banner:
        - link "UnaMentis console"
        - paragraph:
          - button "Sign out"
      - navigation "Everything"
      - navigation "Alpha"
      - status "Messages"
      - main:
        - region "Budgets":
          - heading "Budgets" [level=1]
          - status: 2 budgets
          - region "Budgets":
            - table "Budgets":
              - caption: Budgets
              - rowgroup:
                - row:
                  - columnheader "Period"
                  - columnheader "Cap"
              - rowgroup:
                - row:
                  - rowheader "Today"
                  - cell "$1.00"
          - heading /own caps/ [level=2]
          - textbox "Cap of a day"
          - checkbox /None of its own/
          - button "Set caps"
    """)
    await expect(page.get_by_role("navigation", name="Alpha").get_by_role("link", name="Budgets")).to_have_attribute(
        "aria-current", "page"
    )


async def test_every_field_has_a_name_and_nothing_is_cut_off(page: Page) -> None:
    """In all views, at the width of a small phone: only a table may be wider, in a frame that scrolls by itself."""
    await page.set_viewport_size({"width": 320, "height": 640})
    nameless = await page.evaluate(
        "[...document.querySelectorAll('input, select, textarea')].filter((field) => !field.labels.length"
        " && !field.ariaLabel).map((field) => field.outerHTML)"
    )
    assert nameless == []
    await open_part(page, "Overview")
    for part in ("Members", "People", "Beta tokens", "Usage", "Jobs", "Audit log"):
        await page.get_by_role("navigation", name="Alpha").get_by_role("link", name=part).click()
        await expect(page.get_by_role("heading", name=part, level=1)).to_be_focused()
        beyond = await page.evaluate(
            "[...document.querySelectorAll('button, input, select, h1, p, a')].filter((element) =>"
            " element.checkVisibility() && !element.closest('.frame, .hidden-text, .skip')"
            " && element.getBoundingClientRect().right > innerWidth).map((element) => element.outerHTML)"
        )
        assert beyond == [], part


async def test_no_colour_is_used_but_those_whose_contrast_is_tested() -> None:
    """tests/web/learner/test_accessibility.py holds them to WCAG's ratios in both schemes."""
    style = (ROOT / "web" / "console" / "style.css").read_text(encoding="utf-8")
    assert re.findall(r":[^;{]*(?:#[0-9a-f]{3,8}\b|rgb\(|hsl\()[^;]*;", style) == []
