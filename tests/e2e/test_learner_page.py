"""The learner page against the whole server, as `./unamentis up` starts it: a fake microphone asks, a person types."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from tests.e2e.browser import chromium, listen, microphone_file, visit
from tests.support.hearing import word_error
from tests.support.installation import ROOT, Installation

QUESTION = ROOT / "samples" / "question.wav"
SPOKEN = (ROOT / "samples" / "question.txt").read_text(encoding="utf-8")
SECOND_QUESTION = ROOT / "samples" / "second-question.wav"
# From the end of the question until the second one: the answer has begun by then and still goes on.
UNTIL_ANSWER_S = 7.0
PATIENCE_MS = 30_000


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with Installation(tmp_path_factory.mktemp("page") / "data") as made:
        yield made


def turns(page: Page, role: str) -> Locator:
    """What one side said, in order, once it is known."""
    return page.locator(f'.turn[data-role="{role}"]:not(.is-pending) .turn-text')


async def open_lesson(page: Page) -> None:
    await page.get_by_role("link", name="Light and Color").click()
    await page.get_by_role("link", name="Why the sky is blue").click()
    await expect(page.get_by_role("heading", name="Why the sky is blue", level=1)).to_be_visible()


async def test_a_question_is_asked_aloud_answered_and_the_answer_interrupted(
    installation: Installation, tmp_path: Path
) -> None:
    parts = [1.5, QUESTION, UNTIL_ANSWER_S, SECOND_QUESTION, 3.0]
    microphone = microphone_file(tmp_path / "microphone.wav", parts)
    address = f"{installation.url}/#token={installation.token}"
    async with chromium(microphone) as browser, visit(browser, address) as page:
        await open_lesson(page)
        playback = await listen(page)
        await page.get_by_role("button", name="Start talking").click()

        await expect(turns(page, "learner").first).not_to_be_empty(timeout=PATIENCE_MS)
        heard = await turns(page, "learner").first.inner_text()
        assert word_error(SPOKEN, heard) <= 0.15, heard
        await expect(turns(page, "tutor").first).to_contain_text("scatter", timeout=PATIENCE_MS)
        await playback.until(lambda status: status.played > 12_000 and status.loudest > 0.02)

        await expect(page.get_by_text("You stopped this answer")).to_be_visible(timeout=PATIENCE_MS)
        await playback.until(lambda status: status.buffered == 0)
        await expect(turns(page, "learner")).to_have_count(2, timeout=PATIENCE_MS)


async def test_a_question_is_typed_with_the_keyboard_alone(installation: Installation) -> None:
    address = f"{installation.url}/#token={installation.token}"
    async with chromium() as browser, visit(browser, address, microphone=False) as page:
        for name in ("Light and Color", "Why the sky is blue"):
            await page.get_by_role("link", name=name).focus()
            await page.keyboard.press("Enter")
            await expect(page.get_by_role("heading", name=name, level=1)).to_be_focused()
        picture = page.get_by_role("region", name="Pictures").get_by_role("img")
        await expect(picture).to_have_js_property("complete", value=True)
        assert await picture.evaluate("image => image.naturalWidth > 0")

        playback = await listen(page)
        await page.get_by_label("Type a question").focus()
        await page.keyboard.type("Why is the sky blue?")
        await page.keyboard.press("Enter")
        await expect(turns(page, "tutor").first).to_contain_text("scatter", timeout=PATIENCE_MS)
        await playback.until(lambda status: status.played > 0 and status.loudest > 0.02)
        await page.keyboard.press("Escape")
        await expect(page.get_by_text("You stopped this answer")).to_be_visible()
        await playback.until(lambda status: status.buffered == 0)


async def test_a_lesson_goes_on_after_its_server_was_killed_in_the_middle_of_an_answer(tmp_path: Path) -> None:
    with Installation(tmp_path / "data") as first:
        lesson = f"{first.url}/?curriculum=light-and-colour&topic=why-the-sky-is-blue#token={first.token}"
        # What the browser says of a server that is gone.
        lost = ("WebSocket connection", "net::ERR_")
        async with chromium() as browser, visit(browser, lesson, tolerated=lost) as page:
            question = page.get_by_label("Type a question")
            playback = await listen(page)
            await question.fill("Why is the sky blue?")
            await question.press("Enter")
            await playback.until(lambda status: status.played > 0)
            first.stop(signal.SIGKILL)
            await expect(page.get_by_role("status")).to_contain_text("The connection was lost.")
            with Installation(tmp_path / "data", "--port", first.url.rsplit(":", 1)[1]):
                await expect(page.locator("#connection")).to_have_text("Connected", timeout=PATIENCE_MS)
                await question.fill("What is scattering?")
                await question.press("Enter")
                await expect(turns(page, "tutor")).to_have_count(2, timeout=PATIENCE_MS)
                await page.get_by_role("button", name="Stop").click()
                await expect(page.get_by_text("You stopped this answer")).to_be_visible()
                await page.reload()
                await expect(turns(page, "learner")).to_have_text(["Why is the sky blue?", "What is scattering?"])
