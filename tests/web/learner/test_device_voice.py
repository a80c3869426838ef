"""Sentences that come without sound: the browser's voice speaks them, and without one they are there to be read."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.browser import listen, visit
from tests.fakes.tutor_server import RATE, Call, Tutor
from tests.web.learner.lesson import LESSON, answered

pytestmark = pytest.mark.asyncio(loop_scope="module")

# In place of the browser's voice: it begins when told to speak, and is at the word and the end the test says.
VOICE = """() => {
const voice = { said: [], cancelled: 0, now: null };
voice.tell = (type, fields = {}) => voice.now.dispatchEvent(Object.assign(new Event(type), fields));
voice.speak = (utterance) => { voice.said.push(utterance.text); voice.now = utterance; voice.tell("start"); };
voice.cancel = () => { voice.cancelled += 1; voice.tell("error"); };
globalThis.voice = voice;
Object.defineProperty(globalThis, "speechSynthesis", { value: voice });
globalThis.SpeechSynthesisUtterance = class extends EventTarget {
  constructor(text) { super(); this.text = text; }
};
}"""


async def sentence(call: Call, index: int, text: str, position_ms: int) -> None:
    await call.tell("sentence", turn_id="t", index=index, text=text, duration_ms=1000, position_ms=position_ms)


async def said(page: Page, *texts: str) -> None:
    await page.wait_for_function("texts => String(voice.said) === String(texts)", arg=list(texts))


async def begun(page: Page, tutor: Tutor) -> Call:
    """The answer begins, and its first sentence is spoken."""
    await page.evaluate(VOICE)
    call = await answered(page, tutor, "Why?")
    await call.tell("tts_start", text_length=40, turn_id="t", position_ms=0)
    await sentence(call, 0, "Air scatters light.", 0)
    await said(page, "Air scatters light.")
    await expect(page.locator("#activity")).to_have_text("Speaking. Talk to interrupt.")
    return call


async def test_the_device_speaks_one_sentence_after_the_other_and_tells_how_far_it_is(page: Page, tutor: Tutor) -> None:
    call = await begun(page, tutor)
    await page.evaluate("voice.tell('boundary', { charIndex: 4 })")
    assert await call.control() == {"type": "playback_ack", "turn_id": "t", "played_ms": 1000 * 4 // 19}
    await sentence(call, 1, "Blue most.", 1000)
    await page.evaluate("voice.tell('end')")
    assert await call.control() == {"type": "playback_ack", "turn_id": "t", "played_ms": 1000}
    await said(page, "Air scatters light.", "Blue most.")
    await page.evaluate("voice.tell('end')")
    assert (await call.control())["played_ms"] == 2000
    await call.finish()
    await expect(page.locator("#activity")).to_have_text("Type a question, or start talking.")


async def test_the_device_falls_silent_when_interrupted_and_goes_on_when_it_was_none(page: Page, tutor: Tutor) -> None:
    call = await begun(page, tutor)
    await sentence(call, 1, "Blue most.", 1000)
    await call.tell("interrupted", timestamp="2026-01-01T00:00:00Z", turn_id="t")
    await call.tell("vad_start", timestamp="2026-01-01T00:00:00Z")
    await page.wait_for_function("() => voice.cancelled === 1")
    await expect(page.locator("#activity")).to_have_text("Hearing you")
    await call.tell("vad_end", timestamp="2026-01-01T00:00:00Z", duration_ms=300)
    await call.tell("answer_resumed", turn_id="t")
    await call.tell("tts_start", text_length=40, turn_id="t", position_ms=400)
    await sentence(call, 0, "light.", 400)
    await said(page, "Air scatters light.", "light.")


async def test_stop_silences_the_device_too(page: Page, tutor: Tutor) -> None:
    call = await begun(page, tutor)
    await page.get_by_role("button", name="Stop").click()
    assert await call.control() == {"type": "cancel"}
    await sentence(call, 1, "Blue most.", 1000)
    await call.tell("interrupted", timestamp="2026-01-01T00:00:00Z", turn_id="t")
    await expect(page.get_by_text("You stopped this answer")).to_be_visible()
    await said(page, "Air scatters light.")


async def test_a_sentence_waits_for_the_sound_before_it_and_sound_for_the_sentence(page: Page, tutor: Tutor) -> None:
    await page.evaluate(VOICE)
    playback = await listen(page)
    call = await answered(page, tutor, "Why?")
    await call.tell("tts_start", text_length=40, turn_id="t", position_ms=0)
    await call.speak(bytes(RATE))  # half a second
    await sentence(call, 0, "Air scatters light.", 500)
    await said(page, "Air scatters light.")
    assert playback.played == RATE // 2
    await call.speak(bytes(RATE))
    await page.evaluate("voice.tell('end')")
    while (told := (await call.control())["played_ms"]) < 1_700:
        pass
    assert told <= 2_000
    await playback.until(lambda status: status.played == RATE)


async def test_without_a_voice_the_answer_is_there_to_be_read_and_the_turn_goes_on(
    browser: Browser, tutor: Tutor
) -> None:
    async with visit(browser, tutor.url + LESSON) as page:
        # Chromium has the interface here, and no voice behind it.
        call = await answered(page, tutor, "Why?")
        await call.tell("mode", mode="text", details={})
        await expect(page.get_by_text("Your device reads instead")).to_be_visible()
        await call.tell("tts_start", text_length=40, turn_id="t", position_ms=0)
        await sentence(call, 0, "Air scatters light.", 0)
        assert await call.control() == {"type": "playback_ack", "turn_id": "t", "played_ms": 1000}
        await call.finish()
        await expect(page.locator("#activity")).to_have_text("Type a question, or start talking.")
        await call.tell("mode", mode="full", details={})
        await expect(page.get_by_text("Your device reads instead")).to_be_hidden()
