"""A lesson on the page, and a question asked there."""

from playwright.async_api import Page

from tests.fakes.tutor_server import Call, Tutor

LESSON = "?curriculum=light&topic=blue-sky"


async def ask(page: Page, question: str) -> None:
    await page.get_by_label("Type a question").fill(question)
    await page.keyboard.press("Enter")


async def answered(page: Page, tutor: Tutor, question: str) -> Call:
    """Ask in writing, and let the tutor begin to answer."""
    await ask(page, question)
    call = await tutor.call()
    await call.ready()
    assert await call.control() == {"type": "text_input", "text": question}
    await call.say("Because the air scatters blue light.")
    return call
