"""What the edge adds to a request and to a frame of speech: python -m benchmarks.edge [--rounds 300].

The same requests to the same server, in turn straight and through the Worker in workerd on this machine. On Cloudflare
the Worker runs in the data centre the client reaches anyway; what is measured is the Worker, not the way there.
"""

import argparse
import asyncio
import json
import re
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median, quantiles
from typing import Final

import aiohttp

from tests.support.edge import Edge, Origin
from tests.support.installation import Installation, run

SECRET: Final = "of-the-edge-only"  # noqa: S105  the server and the edge of this run share it
# A frame of the learner page's microphone: 60 ms of 16 kHz PCM16.
FRAME: Final = bytes(1_920)
WARM_UP: Final = 30

Step = Callable[[], Awaitable[object]]


async def milliseconds(step: Step) -> float:
    """Take one step and return how long it took."""
    begin = time.perf_counter()
    await step()
    return (time.perf_counter() - begin) * 1000


async def compare(title: str, direct: Step, through: Step, rounds: int) -> None:
    """Take both steps in turn, so that the machine's moods meet both, and print what the second adds."""
    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(WARM_UP + rounds):
        for kept, step in zip(taken, (direct, through), strict=True):
            spent = await milliseconds(step)
            if number >= WARM_UP:
                kept.append(spent)
    (straight, edged), (straight_95, edged_95) = map(median, taken), (quantiles(kept, n=20)[18] for kept in taken)
    added = f"added {edged - straight:5.2f} ms, x {edged / straight:4.2f}"
    print(f"{title:<38} p50 {straight:6.2f} -> {edged:6.2f} ms, {added}; p95 {straight_95:6.2f} -> {edged_95:6.2f} ms")


def getter(http: aiohttp.ClientSession, path: str) -> Step:
    """Return the step that fetches a path."""

    async def get() -> None:
        async with http.get(path) as answer:
            await answer.read()
            answer.raise_for_status()

    return get


def echoer(socket: aiohttp.ClientWebSocketResponse) -> Step:
    """Return the step that sends a frame and waits until it is back."""

    async def echo() -> None:
        await socket.send_bytes(FRAME)
        await socket.receive_bytes()

    return echo


async def measure(server: Installation, edge: Edge, echo: Origin, echo_edge: Edge, rounds: int) -> None:
    """Measure everything on connections that stay open."""
    known = {"Authorization": f"Bearer {roomy_token(server)}"}
    async with AsyncExitStack() as stack:
        direct = await stack.enter_async_context(
            aiohttp.ClientSession(server.url, headers=known | {"X-Origin-Secret": SECRET})
        )
        through = await stack.enter_async_context(aiohttp.ClientSession(edge.url, headers=known))
        for title, path in (
            ("API function, no database (/api/health)", "/api/health"),
            ("core's operation (/api/tts/profiles)", "/api/tts/profiles"),
            ("file of the page (/style.css)", "/style.css"),
        ):
            await compare(title, getter(direct, path), getter(through, path), rounds)
        sockets = [
            await stack.enter_async_context(direct.ws_connect(f"{url}/ws/audio")) for url in (echo.url, echo_edge.url)
        ]
        for socket in sockets:
            json.loads(await socket.receive_str())
        await compare("60 ms of speech, there and back", echoer(sockets[0]), echoer(sockets[1]), rounds)


def roomy_token(server: Installation) -> str:
    """Mint a token that may ask as often as it is measured; a newcomer's has 600 requests a minute."""
    minted = run("token", "mint", "--per-minute", "100000", "--data-dir", server.data.path)
    found = re.search(r"uma_beta_\S+", minted.stdout)
    if found is None:
        raise RuntimeError(f"no token was minted: {minted.stderr}")
    return found[0]


def main() -> None:
    """Start a server, an edge and an echo, and compare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=300)
    rounds: int = parser.parse_args().rounds
    with (
        tempfile.TemporaryDirectory() as folder,
        Installation(Path(folder) / "data", environment={"UNAMENTIS_ORIGIN_SECRETS": SECRET}) as server,
        Edge(server.url, settings={"ORIGIN_SECRET": SECRET}) as edge,
        Origin() as echo,
        Edge(echo.url) as echo_edge,
    ):
        asyncio.run(measure(server, edge, echo, echo_edge, rounds))


if __name__ == "__main__":
    main()
