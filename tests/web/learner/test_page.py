"""The page as a learner meets it, with a tutor whose every word the test decides."""

import numpy as np
import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.browser import listen, visit
from tests.fakes.tutor_server import RATE, TOKEN, Tutor
from tests.web.learner.lesson import LESSON, answered, ask

pytestmark = pytest.mark.asyncio(loop_scope="module")

TONE = (8000 * np.sin(np.arange(RATE * 3) / 10)).astype("<i2").tobytes()


async def test_a_learner_finds_a_lesson_and_sees_what_it_holds(browser: Browser, tutor: Tutor) -> None:
    async with visit(browser, tutor.url) as page:
        await expect(page.get_by_role("heading", level=1)).to_have_text("What would you like to learn?")
        await expect(page.locator(".card-facts")).to_have_text("1 topic · 1 h 30 min · easy")
        await page.get_by_role("link", name="Light").click()
        await expect(page.get_by_role("heading", name="Light", level=1)).to_be_focused()
        await page.get_by_role("link", name="Why the sky is blue").click()
        await expect(page.get_by_role("heading", name="Why the sky is blue", level=1)).to_be_focused()
        await expect(page).to_have_title("Why the sky is blue · UnaMentis")
        await expect(page.get_by_text("Explain scattering.")).to_be_visible()
        await expect(page.get_by_text("Light sent in all directions.")).to_be_visible()
        picture = page.get_by_role("img", name="Sun and air")
        await expect(picture).to_have_js_property("complete", value=True)
        assert await picture.evaluate("image => image.naturalWidth > 0")
        await page.get_by_role("button", name="Enlarge: Air").click()
        await expect(page.get_by_role("dialog", name="Picture")).to_be_visible()
        await page.keyboard.press("Escape")
        await page.go_back()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Light")


async def test_signing_in_with_a_token_that_leaves_the_address(browser: Browser, tutor: Tutor) -> None:
    tutor.token = TOKEN
    async with visit(browser, f"{tutor.url}#token=uma_beta_old", tolerated=["401"]) as page:
        await expect(page.get_by_role("dialog", name="Your beta token")).to_be_visible()
        assert page.url == tutor.url
        await expect(page.get_by_role("alert")).to_contain_text("not accepted")
        await page.get_by_label("Token", exact=True).fill(TOKEN)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("link", name="Light")).to_be_visible()
        await page.reload()
        await expect(page.get_by_role("link", name="Light")).to_be_visible()
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_role("dialog", name="Your beta token")).to_be_visible()
        await expect(page.get_by_role("alert")).to_have_count(0)


async def test_an_address_with_a_token_pasted_over_the_question_for_one(browser: Browser, tutor: Tutor) -> None:
    tutor.token = TOKEN
    async with visit(browser, tutor.url, tolerated=["401"]) as page:
        await expect(page.get_by_role("dialog", name="Your beta token")).to_be_visible()
        await page.goto(f"{tutor.url}#token={TOKEN}")
        await expect(page.get_by_role("link", name="Light")).to_be_visible()
        assert page.url == tutor.url


async def test_a_lesson_that_is_gone_is_explained(browser: Browser, tutor: Tutor) -> None:
    async with visit(browser, f"{tutor.url}?curriculum=gone", tolerated=["404"]) as page:
        await expect(page.get_by_role("status")).to_contain_text("There is no such curriculum.")
        await expect(page.get_by_role("button", name="Try again")).to_be_visible()


async def test_an_answer_appears_word_by_word_and_is_announced_by_sentence(page: Page, tutor: Tutor) -> None:
    await ask(page, "Why is the sky blue?")
    call = await tutor.call()
    await call.ready()
    turns = page.locator(".turn-text")
    await call.tell("llm_start", timestamp="2026-01-01T00:00:00Z")
    for token in ("Air ", "scatters ", "light. ", "Blue "):
        await call.tell("llm_token", token=token)
    await expect(turns).to_have_text(["Why is the sky blue?", "Air scatters light. Blue"])
    announced = page.locator("#announcer p")
    await expect(announced).to_have_text(["You: Why is the sky blue?", "Air scatters light."])
    await call.tell("llm_token", token="most.")
    await call.tell("llm_complete", text="Air scatters light. Blue most.", latency_ms=9)
    await expect(announced.last).to_have_text("Blue most.")
    await call.finish()
    await expect(page.locator("#activity")).to_have_text("Type a question, or start talking.")


async def test_the_answer_is_heard_until_it_is_interrupted(page: Page, tutor: Tutor) -> None:
    playback = await listen(page)
    call = await answered(page, tutor, "Why?")
    await call.speak(TONE)
    await playback.until(lambda status: status.played > 4000 and status.loudest > 0.1)
    await expect(page.locator("#activity")).to_have_text("Speaking. Talk to interrupt.")
    await call.tell("vad_start", timestamp="2026-01-01T00:00:00Z")
    await call.tell("interrupted", timestamp="2026-01-01T00:00:00Z", turn_id="t")
    await call.finish()
    await playback.until(lambda status: status.buffered == 0)
    assert playback.played < len(TONE) // 2
    await expect(page.get_by_text("You stopped this answer")).to_be_visible()
    await expect(page.locator("#activity")).to_have_text("Hearing you")


async def test_an_answer_that_goes_on_after_a_nod_is_heard_to_its_end(page: Page, tutor: Tutor) -> None:
    playback = await listen(page)
    call = await answered(page, tutor, "Why?")
    await call.tell("tts_start", text_length=9, turn_id="t", position_ms=0)
    await call.speak(TONE)
    acknowledged = await call.control()
    assert (acknowledged["type"], acknowledged["turn_id"]) == ("playback_ack", "t")
    assert acknowledged["played_ms"] >= 250
    await call.tell("interrupted", timestamp="2026-01-01T00:00:00Z", turn_id="t")
    await call.tell("vad_start", timestamp="2026-01-01T00:00:00Z")
    await expect(page.get_by_text("You stopped this answer")).to_be_visible()
    await playback.until(lambda status: status.buffered == 0)
    while (stopped := await call.control())["played_ms"] * 24 < playback.played - 480:
        pass
    await call.tell("vad_end", timestamp="2026-01-01T00:00:00Z", duration_ms=300)
    await call.tell("answer_resumed", turn_id="t")
    await expect(page.get_by_text("You stopped this answer")).to_be_hidden()
    await call.tell("tts_start", text_length=9, turn_id="t", position_ms=stopped["played_ms"])
    await call.speak(TONE)
    assert (await call.control())["played_ms"] >= stopped["played_ms"] + 250
    await expect(page.locator("#activity")).to_have_text("Speaking. Talk to interrupt.")


async def test_what_arrives_after_stop_is_not_played(page: Page, tutor: Tutor) -> None:
    playback = await listen(page)
    call = await answered(page, tutor, "Why?")
    await call.speak(TONE)
    await playback.until(lambda status: status.played > 0)
    await page.get_by_role("button", name="Stop").click()
    assert await call.control() == {"type": "cancel"}
    await call.speak(TONE)
    await call.tell("interrupted", timestamp="2026-01-01T00:00:00Z", turn_id="t")
    await call.finish()
    await expect(page.get_by_text("You stopped this answer")).to_be_visible()
    assert playback.buffered == 0


async def test_the_microphone_is_sent_in_frames_of_60_ms_and_mute_sends_silence(page: Page, tutor: Tutor) -> None:
    await page.get_by_role("button", name="Start talking").click()
    call = await tutor.call()
    await call.ready()
    speech = np.frombuffer(await call.hear(1.5), dtype="<i2")
    assert len(speech) % 960 == 0
    assert np.abs(speech).max() > 500, "Chromium's fake microphone beeps"
    await expect(page.locator("#activity")).to_have_text("Listening")
    await page.get_by_role("button", name="Mute").click()
    await expect(page.get_by_role("button", name="Unmute")).to_be_visible()
    seconds = len(call.speech) / 32_000
    silence = np.frombuffer((await call.hear(seconds + 1.2))[-32_000:], dtype="<i2")
    assert not silence.any()


async def test_without_a_microphone_typing_goes_on(browser: Browser, tutor: Tutor) -> None:
    async with visit(browser, tutor.url + LESSON, microphone=False) as page:
        await page.get_by_role("button", name="Start talking").click()
        call = await tutor.call()
        await call.ready()
        await expect(page.get_by_role("status")).to_contain_text("The microphone is blocked.")
        await expect(page.get_by_role("status")).to_contain_text("You can type meanwhile.")
        await ask(page, "Why?")
        assert await call.control() == {"type": "text_input", "text": "Why?"}


async def test_a_restarting_server_is_met_again_with_the_same_session(page: Page, tutor: Tutor) -> None:
    call = await answered(page, tutor, "Why?")
    await call.tell("reconnect", delay_ms=20, session_id=call.session_id)
    await call.hang_up(1012)
    again = await tutor.call()
    assert again.session_id == call.session_id
    await expect(page.locator("#connection")).to_have_text("Reconnecting")
    await ask(page, "And at night?")
    await again.ready(resumed=True)
    assert await again.control() == {"type": "text_input", "text": "And at night?"}
    await expect(page.locator("#connection")).to_have_text("Connected")
    await expect(page.locator(".turn-text")).to_have_text(
        ["Why?", "Because the air scatters blue light.", "And at night?"]
    )


async def test_a_lost_session_is_followed_by_a_new_one(page: Page, tutor: Tutor) -> None:
    call = await answered(page, tutor, "Why?")
    await call.hang_up(4001)
    again = await tutor.call()
    assert again.session_id != call.session_id
    await again.ready()
    await expect(page.locator("#connection")).to_have_text("Connected")


async def test_a_lesson_taken_over_by_another_window_can_be_taken_back(page: Page, tutor: Tutor) -> None:
    call = await answered(page, tutor, "Why?")
    await call.hang_up(1000)
    await expect(page.get_by_role("status")).to_contain_text("This lesson goes on in another window.")
    await page.get_by_role("button", name="Continue here").click()
    again = await tutor.call()
    assert again.session_id == call.session_id
    await again.ready(resumed=True)
    await expect(page.locator(".turn-text")).to_have_text(["Why?", "Because the air scatters blue light."])


async def test_a_token_withdrawn_in_mid_lesson_is_asked_for_again(browser: Browser, tutor: Tutor) -> None:
    tutor.token = TOKEN
    async with visit(browser, f"{tutor.url}{LESSON}#token={TOKEN}") as page:
        call = await answered(page, tutor, "Why?")
        await call.hang_up(1008)
        await expect(page.get_by_role("dialog", name="Your beta token")).to_be_visible()
        await page.get_by_label("Token", exact=True).fill(TOKEN)
        await page.keyboard.press("Enter")
        again = await tutor.call()
        assert again.session_id == call.session_id
        await again.ready(resumed=True)
        await expect(page.locator("#connection")).to_have_text("Connected")


async def test_a_ticket_that_is_not_to_be_had_now_is_asked_for_again(browser: Browser, tutor: Tutor) -> None:
    tutor.ticket_refusals = [500]
    async with visit(browser, f"{tutor.url}{LESSON}", tolerated=["500"]) as page:
        await ask(page, "Why?")
        call = await tutor.call()
        await call.ready()
        await expect(page.locator("#connection")).to_have_text("Connected")
        assert tutor.tickets == set()


async def test_a_failed_turn_says_what_to_do(page: Page, tutor: Tutor) -> None:
    await ask(page, "Why?")
    call = await tutor.call()
    await call.ready()
    await call.tell("error", error="x", message="The tutor did not answer in time", code="timeout", recoverable=True)
    await expect(page.get_by_role("status")).to_contain_text("The tutor did not answer in time. You can ask again.")


async def test_a_reload_goes_on_where_the_lesson_was(page: Page, tutor: Tutor) -> None:
    call = await answered(page, tutor, "Why?")
    tutor.turns = [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "Because of the air."}]
    await page.reload()
    await expect(page.locator(".turn-text")).to_have_text(["Why?", "Because of the air."])
    await ask(page, "And?")
    again = await tutor.call()
    assert again.session_id == call.session_id


@pytest.mark.parametrize(("status", "same"), [("paused", True), ("ended", False)])
async def test_a_lesson_left_behind_goes_on_unless_it_was_ended(
    page: Page, tutor: Tutor, status: str, *, same: bool
) -> None:
    call = await answered(page, tutor, "Why?")
    tutor.turns = [{"role": "user", "content": "Why?"}]
    await page.get_by_role("link", name="All subjects").click()
    tutor.sessions[call.session_id]["status"] = status
    await page.go_back()
    await expect(page.locator(".turn-text")).to_have_count(1 if same else 0)
    await ask(page, "And?")
    again = await tutor.call()
    assert (again.session_id == call.session_id) is same
    assert tutor.sessions[again.session_id]["status"] == "active"


async def test_ending_the_lesson_ends_the_session(page: Page, tutor: Tutor) -> None:
    call = await answered(page, tutor, "Why?")
    await page.get_by_role("button", name="End lesson").click()
    await expect(page.locator("#connection")).to_have_text("Ended")
    await ask(page, "One more?")
    again = await tutor.call()
    assert tutor.sessions[call.session_id]["status"] == "ended"
    assert again.session_id != call.session_id


async def test_a_picture_the_tutor_shows_joins_the_conversation(page: Page, tutor: Tutor) -> None:
    call = await answered(page, tutor, "Why?")
    await call.tell("visual_asset", asset={"id": "d", "type": "diagram", "url": "picture.svg", "caption": "Noon"})
    await expect(page.locator("#turns").get_by_role("img", name="Noon")).to_be_visible()
