"""Chromium as a learner uses it: with a microphone that plays a file, and watched for what a page must not do."""

import asyncio
import wave
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Browser, ConsoleMessage, Error, Page, Request, async_playwright, expect

from infra.local.browser import find
from infra.local.wav import read_speech

MICROPHONE_RATE = 48_000
# Milliseconds a page may take on a busy machine.
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)


@asynccontextmanager
async def chromium(microphone: Path | None = None) -> AsyncGenerator[Browser]:
    """Start Chromium; its microphone plays a WAV file once (16-bit mono, 48 kHz), or beeps."""
    executable = find()
    assert executable is not None, "no Chromium here: ./unamentis test installs one"
    # The sandbox needs rights that root in a container lacks; the pages are our own.
    arguments = ["--no-sandbox", "--use-fake-device-for-media-stream", "--autoplay-policy=user-gesture-required"]
    if microphone is not None:
        arguments.append(f"--use-file-for-fake-audio-capture={microphone}%noloop")
    async with async_playwright() as tools:
        browser = await tools.chromium.launch(executable_path=executable, args=arguments)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def visit(
    browser: Browser,
    url: str,
    *,
    microphone: bool = True,
    size: tuple[int, int] = (1280, 800),
    tolerated: Sequence[str] = (),
) -> AsyncGenerator[Page]:
    """Open a page in a profile of its own, and hold it to its promises when it is left.

    Args:
        microphone: whether the learner allows it.
        tolerated: parts of console errors the test provokes.
    """
    context = await browser.new_context(
        permissions=["microphone"] if microphone else [],
        viewport={"width": size[0], "height": size[1]},
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    complaints: list[str] = []
    foreign: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(part in message.text for part in tolerated):
            complaints.append(message.text)

    def on_error(error: Error) -> None:
        complaints.append(str(error))

    def on_request(request: Request) -> None:
        if not same_origin(request.url, url):
            foreign.append(request.url)

    page.on("console", on_console)
    page.on("pageerror", on_error)
    page.on("request", on_request)
    try:
        await page.goto(url)
        yield page
        assert complaints == [], f"the page complained: {complaints}"
        assert foreign == [], "the page asked another origin"
    finally:
        await context.close()


class Playback:
    """What the page's speaker plays, as its `unamentis:playback` events tell."""

    def __init__(self) -> None:
        self.played = 0
        self.buffered = 0
        self.loudest = 0.0
        self._changed = asyncio.Event()

    async def until(self, holds: Callable[["Playback"], bool]) -> None:
        """Wait until something holds; 40 seconds at most."""
        async with asyncio.timeout(40):
            while not holds(self):
                self._changed.clear()
                await self._changed.wait()

    def take(self, status: dict[str, float]) -> None:
        """Take the samples played in all, the samples waiting, and the root mean square (0 to 1) of the last ones."""
        self.played = int(status["played"])
        self.buffered = int(status["buffered"])
        self.loudest = max(self.loudest, status["level"])
        self._changed.set()


async def listen(page: Page) -> Playback:
    """Follow what the page plays from now on."""
    playback = Playback()
    # playwright leaves the callback's result unannotated
    await page.expose_function("tellPlayback", playback.take)  # pyright: ignore[reportUnknownMemberType]
    await page.evaluate(
        "document.addEventListener('unamentis:playback', ({ detail }) => { globalThis.tellPlayback(detail); })"
    )
    return playback


def same_origin(url: str, page_url: str) -> bool:
    """Tell whether a request stays with the page's server; object URLs and data URLs never leave the browser."""
    asked, page = urlsplit(url), urlsplit(page_url)
    return asked.scheme in ("blob", "data") or asked.netloc == page.netloc


def microphone_file(target: Path, parts: Sequence[Path | float]) -> Path:
    """Make what the fake microphone plays: recordings and seconds of silence, in order."""
    with wave.open(str(target), "wb") as recording:
        recording.setnchannels(1)
        recording.setsampwidth(2)
        recording.setframerate(MICROPHONE_RATE)
        for part in parts:
            if isinstance(part, Path):
                recording.writeframes(read_speech(part, MICROPHONE_RATE))
            else:
                recording.writeframes(bytes(2 * round(part * MICROPHONE_RATE)))
    return target
