"""The page's modules, each by itself, in the browser they are made for."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page

from tests.e2e.browser import chromium, visit
from tests.fakes.tutor_server import serving

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def page() -> AsyncGenerator[Page]:
    async with serving() as tutor, chromium() as browser, visit(browser, tutor.url) as opened:
        yield opened


async def run(page: Page, module: str, script: str) -> Any:
    """Import a module of the page as `it` and return what the script returns."""
    return await page.evaluate(f"import('./{module}').then(async (it) => {{ {script} }})")


@pytest.mark.parametrize("rate", [48_000, 44_100, 16_000, 8_000, 96_000])
async def test_resampling_keeps_a_tone_in_pieces_of_any_size(page: Page, rate: int) -> None:
    script = f"""
        const rate = {rate}, resampler = new it.Resampler(rate, 16000), out = [];
        const tone = Float32Array.from({{length: rate}}, (_, n) => 0.5 * Math.sin(2 * Math.PI * 1000 * n / rate));
        for (let start = 0; start < rate; start += 128) out.push(...resampler.process(tone.slice(start, start + 128)));
        let error = 0;
        for (let n = 400; n < 15000; n += 1) {{
            error = Math.max(error, Math.abs(out[n] - 0.5 * Math.sin(2 * Math.PI * 1000 * n / 16000)));
        }}
        return [out.length, error];
    """
    samples, error = await run(page, "resampler.js", script)
    assert 15_900 <= samples <= 16_000
    assert error < 0.005


async def test_resampling_removes_what_would_fold_back(page: Page) -> None:
    script = """
        const resampler = new it.Resampler(48000, 16000);
        const tone = Float32Array.from({length: 48000}, (_, n) => Math.sin(2 * Math.PI * 10000 * n / 48000));
        const out = resampler.process(tone).slice(400);
        return Math.sqrt(out.reduce((sum, x) => sum + x * x, 0) / out.length);
    """
    assert await run(page, "resampler.js", script) < 0.01


async def test_playback_waits_for_a_lead_and_then_loses_nothing(page: Page) -> None:
    script = """
        const buffer = new it.PlaybackBuffer(24000), heard = [];
        const pull = () => {
            const out = new Float32Array(128), count = buffer.pull(out);
            heard.push(...out.slice(0, count));
            return count;
        };
        buffer.push(Int16Array.from({length: 1200}, (_, n) => n));
        const early = pull();
        buffer.push(Int16Array.from({length: 2400}, (_, n) => 1200 + n));
        while (buffer.length > 0) pull();
        return [early, heard.length, heard.every((x, n) => Math.round(x * 32768) === n)];
    """
    assert await run(page, "playback-buffer.js", script) == [0, 3600, True]


async def test_playback_starts_a_short_answer_after_a_moment(page: Page) -> None:
    script = """
        const buffer = new it.PlaybackBuffer(24000), out = new Float32Array(128);
        buffer.push(new Int16Array(240));
        let blocks = 0;
        while (buffer.pull(out) === 0) blocks += 1;
        return blocks * 128 / 24000;
    """
    assert 0.15 < await run(page, "playback-buffer.js", script) < 0.25


async def test_running_dry_fades_instead_of_clicking_and_gathers_a_lead_again(page: Page) -> None:
    script = """
        const buffer = new it.PlaybackBuffer(24000), out = new Float32Array(128);
        buffer.push(new Int16Array(2440).fill(16384));
        let step = 0, last = 0, dry = false;
        for (let block = 0; block < 40; block += 1) {
            const count = buffer.pull(out);
            dry ||= count < 128 && block > 0;
            for (const x of dry ? out : []) { step = Math.max(step, last - x); last = x; }
            last = out[127];
        }
        const silent = Math.abs(last) < 0.001;
        buffer.push(new Int16Array(1200));
        return [step < 0.02, silent, buffer.pull(out)];
    """
    assert await run(page, "playback-buffer.js", script) == [True, True, 0]


async def test_a_flush_and_an_overflow_leave_a_usable_buffer(page: Page) -> None:
    script = """
        const buffer = new it.PlaybackBuffer(8000), out = new Float32Array(128);
        buffer.push(new Int16Array(8000));
        buffer.flush();
        const flushed = [buffer.length, buffer.pull(out)];
        buffer.push(Int16Array.from({length: 31 * 8000}, (_, n) => n < 8000 ? 1 : 2));
        buffer.pull(out);
        return [...flushed, buffer.length, Math.round(out[0] * 32768)];
    """
    assert await run(page, "playback-buffer.js", script) == [0, 0, 30 * 8000 - 128, 2]


@pytest.mark.parametrize(
    ("text", "sentences", "rest"),
    [
        ("The sky is", [], "The sky is"),
        ("Blue light scatters. And", ["Blue light scatters."], "And"),
        ("It is 3.14 long", [], "It is 3.14 long"),
        ("Really?! “Yes.” So it is.", ["Really?!", "“Yes.”"], "So it is."),
        ("One.\nTwo.\nThree", ["One.", "Two."], "Three"),
    ],
)
async def test_sentences_are_announced_once_they_are_whole(
    page: Page, text: str, sentences: list[str], rest: str
) -> None:
    found = await page.evaluate(
        "text => import('./transcript.js').then(({ splitSentences }) => splitSentences(text))", text
    )
    assert found == {"sentences": sentences, "rest": rest}


@pytest.mark.parametrize(
    ("code", "attempt", "step"),
    [
        (1000, 0, "elsewhere"),
        (4000, 0, "ended"),
        (4001, 0, "new-session"),
        (1008, 0, "sign-in"),
        (1001, 0, "retry"),
        (1006, 0, "retry"),
        (1011, 9, "retry"),
        (1012, 0, "retry"),
        (4002, 0, "retry"),
        (1006, 10, "give-up"),
    ],
)
async def test_what_follows_a_closed_socket(page: Page, code: int, attempt: int, step: str) -> None:
    assert (await run(page, "socket.js", f"return it.afterClose({code}, {attempt})"))["step"] == step


async def test_reconnecting_backs_off_with_jitter(page: Page) -> None:
    script = """
        const delay = (code, attempt, random) => it.afterClose(code, attempt, () => random).delayMs;
        return [delay(1006, 0, 0), delay(1006, 0, 1), delay(1006, 2, 0.5), delay(1006, 9, 0.5), delay(4002, 0, 0.5)];
    """
    assert await run(page, "socket.js", script) == [375, 625, 2000, 10_000, 8000]


@pytest.mark.parametrize(
    ("duration", "words"),
    [("PT4H", "4 h"), ("PT1H30M", "1 h 30 min"), ("PT45M", "45 min"), ("P1D", ""), (None, "")],
)
async def test_durations_in_words(page: Page, duration: str | None, words: str) -> None:
    found = await page.evaluate("text => import('./catalogue.js').then((it) => it.durationText(text))", duration)
    assert found == words


async def test_a_topic_is_found_at_any_depth_by_either_kind_of_id(page: Page) -> None:
    script = """
        const leaf = {id: {catalog: "c", value: "leaf"}, title: "Leaf"};
        const tree = {content: [{id: "root", children: [{id: "unit", children: [leaf]}]}]};
        return [it.findTopic(tree, "leaf").title, it.findTopic(tree, "unit").id, it.findTopic(tree, "none")];
    """
    assert await run(page, "lesson.js", script) == ["Leaf", "unit", None]


async def test_objectives_may_be_strings_or_objects(page: Page) -> None:
    script = "return it.objectiveTexts(['Add.', {statement: 'Subtract.'}, ''])"
    assert await run(page, "lesson.js", script) == ["Add.", "Subtract."]
