"""What metering adds to voice to voice: the same turns without it, and with it at different prices and budgets.

Run with `python -m benchmarks.metering`; docs/reference/budgets.md says what the rows mean.
"""

import argparse
import asyncio
import statistics
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import psycopg
from aiohttp import ClientWebSocketResponse, WSMsgType, web

from benchmarks.demo_database import Demo, demo_database
from core.assembly import Parts, assemble
from core.conversations import StoredConversations
from core.metering.bank import Bank
from core.metering.budgets import BudgetMetering
from core.metering.unmetered import Unmetered
from core.pipeline.equipment import Equipment
from core.providers import Providers
from core.providers.mock import MockLanguageModel, MockSpeechToText, MockTextToSpeech
from core.providers.vad.shared import SharedDetector
from core.ws.updates import Standing
from shared.auth.caller import Caller, Client
from shared.db import Database, TenantEntry
from shared.repositories.sessions import NewSession, SessionRepository

CONFIG = {"type": "config", "sample_rate": 16_000, "channels": 1, "format": "pcm16", "vad_enabled": False}
SECOND = bytes(32_000)
NEW = NewSession(model_name="m", model_context_window=200_000, system_prompt="", auto_expand_context=True)
PLENTY, CLOSE = 10**9, 400_000


class DearRecogniser(MockSpeechToText):
    """Costs what no price is known of: as the dearest."""

    name = "dear"


class DearModel(MockLanguageModel):
    """Likewise."""

    name = "dear"


class DearVoice(MockTextToSpeech):
    """Likewise."""

    name = "dear"


@dataclass
class Row:
    """One way to run the same turns."""

    title: str
    metered: bool
    dear: bool
    cap: int
    spoken: list[float] = field(default_factory=list[float])
    typed: list[float] = field(default_factory=list[float])


def rows() -> list[Row]:
    return [
        Row("not metered", metered=False, dear=False, cap=PLENTY),
        Row("vendors that cost nothing", metered=True, dear=False, cap=PLENTY),
        Row("paid vendors, plenty left", metered=True, dear=True, cap=PLENTY),
        Row("paid vendors, close to a cap", metered=True, dear=True, cap=CLOSE),
    ]


def set_cap(demo: Demo, micro_usd: int) -> None:
    with psycopg.connect(demo.database_url) as connection:
        connection.execute(
            "UPDATE deployment_budgets SET cap_micro_usd = %(n)s, tenant_cap_micro_usd = %(n)s", {"n": micro_usd}
        )


@asynccontextmanager
async def serving(demo: Demo, database: Database, row: Row) -> AsyncGenerator[str]:
    """Serve one row and yield its socket's address."""
    caller = Caller("session", demo.claims.tenant_id, demo.claims.session_id, demo.claims.user_id)
    metering = BudgetMetering(Bank(database), longest_utterance_ms=60_000)
    stt, llm, tts = (
        (DearRecogniser(), DearModel(), DearVoice())
        if row.dear
        else (MockSpeechToText(), MockLanguageModel(), MockTextToSpeech())
    )

    async def admit(_token: str | None, _address: str, _client: Client) -> Caller:
        return caller

    async def redeem(_ticket: str, _address: str) -> Caller:
        return caller

    async def confirm(_caller: Caller) -> Standing:
        return Standing(demo.claims.user_id)

    app = assemble(
        Parts(
            equipment=Equipment(
                providers=Providers(stt, llm, tts),
                speech=lambda _caller, maker: maker,
                detector=SharedDetector.load(),
                conversations=StoredConversations(database),
                metering=metering if row.metered else Unmetered(),
            ),
            authenticate=lambda _token, _address: caller,
            admit=admit,
            redeem=redeem,
            confirm=confirm,
            release=lambda: None,
            beside=(metering.run,) if row.metered else (),
        )
    )
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    with database.unit(TenantEntry(caller.tenant_id, caller.user_id)) as unit:
        session_id = SessionRepository(unit).add(NEW)
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/ws/audio?session={session_id}"
    finally:
        await runner.cleanup()


async def first_sound(socket: ClientWebSocketResponse, asked_at: float) -> float:
    """Return the milliseconds until the first sound, then end the turn."""
    while (message := await socket.receive(timeout=30)).type is not WSMsgType.BINARY:
        if message.type is not WSMsgType.TEXT or '"error"' in message.data:
            raise RuntimeError(f"no sound: {message.data}")
    waited = (asyncio.get_running_loop().time() - asked_at) * 1000
    await socket.send_json({"type": "cancel"})
    while '"turn_complete"' not in str((await socket.receive(timeout=30)).data):
        pass
    return waited


async def spoken(socket: ClientWebSocketResponse) -> float:
    await socket.send_json({"type": "start_recording"})
    await socket.send_bytes(SECOND)
    await asyncio.sleep(0.3)
    asked_at = asyncio.get_running_loop().time()
    await socket.send_json({"type": "stop_recording"})
    return await first_sound(socket, asked_at)


async def typed(socket: ClientWebSocketResponse) -> float:
    asked_at = asyncio.get_running_loop().time()
    await socket.send_json({"type": "text_input", "text": "Why is the sky blue?"})
    return await first_sound(socket, asked_at)


async def measure(demo: Demo, turns: int) -> list[Row]:
    """Take one turn of each row after the other, so that all bear the same load of the machine."""
    database = Database(demo.database_url, pool_size=4)
    table = rows()
    async with aiohttp.ClientSession() as http, AsyncExitStack() as stack:
        sockets: list[ClientWebSocketResponse] = []
        for row in table:
            address = await stack.enter_async_context(serving(demo, database, row))
            sockets.append(await stack.enter_async_context(http.ws_connect(address)))
            await sockets[-1].send_json(CONFIG)
        for turn in range(turns + 2):
            for row, socket in zip(table, sockets, strict=True):
                await asyncio.to_thread(set_cap, demo, row.cap)
                for way, found in ((spoken, row.spoken), (typed, row.typed)):
                    waited = await way(socket)
                    if turn >= 2:  # the first two warm up
                        found.append(waited)
    database.close()
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=30)
    turns = parser.parse_args().turns
    with demo_database() as demo:
        table = asyncio.run(measure(demo, turns))
    base = table[0]
    print(f"{'first sound after, ms (p50 / p95)':34}{'spoken':>18}{'ratio':>7}{'typed':>18}{'ratio':>7}")
    for row in table:
        cells = ""
        for mine, theirs in ((row.spoken, base.spoken), (row.typed, base.typed)):
            middle, p95 = statistics.median(mine), statistics.quantiles(mine, n=20)[18]
            cells += f"{middle:>10.1f} /{p95:>6.1f}{middle / statistics.median(theirs):>7.3f}"
        print(f"{row.title:34}{cells}")


if __name__ == "__main__":
    main()
