"""The page by keyboard, by ear, at any width and in both schemes of colour."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.browser import visit
from tests.fakes.tutor_server import Call, Tutor
from tests.web.learner.lesson import LESSON, answered

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_skipping_to_the_content_does_not_leave_the_lesson(page: Page, tutor: Tutor) -> None:
    await answered(page, tutor, "Why?")
    await page.get_by_role("link", name="Skip to the content").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("main")).to_be_focused()
    await expect(page.locator("#connection")).to_have_text("Connected")


async def test_the_keyboard_is_enough(page: Page, tutor: Tutor) -> None:
    await expect(page.get_by_role("heading", name="Why the sky is blue", level=1)).to_be_focused()
    question = page.get_by_label("Type a question")
    for _ in range(20):
        await page.keyboard.press("Tab")
        if await question.evaluate("field => field === document.activeElement"):
            break
    await expect(question).to_be_focused()
    await page.keyboard.type("Why is the sky blue?")
    call = await answered_by_keyboard(page, tutor)
    await expect(page.get_by_role("button", name="Stop")).to_be_enabled()
    await page.keyboard.press("Escape")
    assert await call.control() == {"type": "cancel"}


async def answered_by_keyboard(page: Page, tutor: Tutor) -> Call:
    await page.keyboard.press("Enter")
    call = await tutor.call()
    await call.ready()
    assert await call.control() == {"type": "text_input", "text": "Why is the sky blue?"}
    await call.say("Because the air scatters blue light.")
    return call


async def test_a_screen_reader_finds_its_way(page: Page) -> None:
    await expect(page.locator("body")).to_match_aria_snapshot("""
      - link "Skip to the content"
      - banner:
        - link "UnaMentis"
        - navigation "Breadcrumb"
      - status "Messages"
      - main:
        - region "Why the sky is blue":
          - heading "Why the sky is blue" [level=1]
        - region "Conversation":
          - heading "Conversation" [level=2]
          - paragraph:
            - timer "Lesson time"
          - button "End lesson" [disabled]
          - log "Transcript"
          - button "Start talking"
          - button "Stop" [disabled]
          - slider "Volume of the tutor"
          - textbox "Type a question"
          - button "Send"
    """)


@pytest.mark.parametrize("size", [(320, 640), (390, 844), (844, 390), (1280, 800)])
async def test_nothing_is_cut_off_at_any_width(browser: Browser, tutor: Tutor, size: tuple[int, int]) -> None:
    async with visit(browser, tutor.url + LESSON, size=size) as page:
        await expect(page.get_by_role("button", name="Start talking")).to_be_visible()
        beyond = await page.evaluate(
            "[...document.querySelectorAll('button, input, h1, p')].filter((element) => element.checkVisibility()"
            " && !element.closest('.hidden-text, dialog')"
            " && element.getBoundingClientRect().right > innerWidth).map((element) => element.outerHTML)"
        )
        assert beyond == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_colours_keep_their_contrast(browser: Browser, tutor: Tutor, scheme: str) -> None:
    pairs = {"text": ["ink", "soft", "accent", "danger"], "control": ["control-line", "accent"]}
    async with visit(browser, tutor.url) as page:
        await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        for ground in ("ground", "surface"):
            for use, names in pairs.items():
                for name in names:
                    ratio = await contrast(page, name, ground)
                    assert ratio >= (4.5 if use == "text" else 3), f"{name} on {ground}: {ratio:.2f}"
        assert await contrast(page, "on-accent", "accent") >= 4.5
        assert await contrast(page, "ink", "accent-tint") >= 4.5
        assert await contrast(page, "ink", "warm-tint") >= 4.5


async def contrast(page: Page, one: str, other: str) -> float:
    """The WCAG 2 contrast ratio of two colours of the style sheet."""
    return await page.evaluate(
        """([one, other]) => {
            const style = getComputedStyle(document.documentElement);
            const luminance = (name) => {
                const hex = style.getPropertyValue(`--${name}`).trim().slice(1);
                const [r, g, b] = [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
                    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            const [a, b] = [luminance(one), luminance(other)];
            return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        }""",
        [one, other],
    )
