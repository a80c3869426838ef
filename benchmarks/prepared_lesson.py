"""A curriculum deployed ahead, then played: `python -m benchmarks.prepared_lesson`.

The real voice service in a process of its own, an embedded PostgreSQL, and a speech vendor on this machine that has a
price, speaks OpenAI's protocol and counts what it is asked for. Two deployments of a built-in curriculum are started at
once; the service is killed half-way and once more when both are ready, so that nothing is left in its memory. Then a
learner has every topic told by the server, and plays every topic segment by segment. It exits with 1 unless no vendor
of any kind was called for that, every clip was asked for once, and the estimate is within 5 % of what was charged.
"""

import argparse
import asyncio
import base64
import json
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
import psycopg
from aiohttp import web

from benchmarks.demo_database import Demo, demo_database
from benchmarks.voice.servers import HOST, ROOT, running
from infra.local.ports import free_port
from shared.db import Database, TenantEntry
from shared.db.price_book import add_prices
from shared.domain.prices import read_price_list
from shared.repositories.content import store_curriculum
from shared.repositories.session_lessons import SessionLessonRepository
from shared.repositories.sessions import NewSession, SessionRepository

CURRICULA: Final = ROOT / "content" / "curricula"
TOLERANCE: Final = 0.05
RATE: Final = 24_000
# 15 US dollars for a million characters.
PRICES: Final = {
    "source": "this benchmark",
    "effective_from": "2026-01-01",
    "prices": [
        {"provider": "compatible", "model": "", "unit": "character", "micro_usd": 15_000, "per_quantity": 1_000}
    ],
}
CONFIG: Final = {"type": "config", "sample_rate": 16_000, "channels": 1, "format": "pcm16", "hands_free": True}
_NEW: Final = NewSession(model_name="mock", model_context_window=128_000, system_prompt="", auto_expand_context=False)
_S_PER_CHARACTER: Final = 0.002


@dataclass
class Vendor:
    """Speaks two milliseconds for a character and counts the texts."""

    asked: Counter[str] = field(default_factory=Counter[str])

    async def speak(self, request: web.Request) -> web.Response:
        """Answer POST /v1/audio/speech."""
        text: str = (await request.json())["input"]
        self.asked[text] += 1
        await asyncio.sleep(0.02)
        samples = round(len(text) * _S_PER_CHARACTER * RATE)
        return web.Response(body=b"\x01\x00" * samples, content_type="audio/pcm")

    @asynccontextmanager
    async def serving(self) -> AsyncGenerator[str]:
        """Yield the address to give to its clients."""
        app = web.Application()
        app.router.add_post("/v1/audio/speech", self.speak)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, HOST, 0).start()
        yield f"http://{HOST}:{runner.addresses[0][1]}/v1"
        await runner.cleanup()


@dataclass(frozen=True)
class School:
    """Where the curriculum is taught, and how it is reached."""

    demo: Demo
    folder: str
    speech_url: str
    curriculum_id: str

    @asynccontextmanager
    async def open(self) -> AsyncGenerator["Classroom"]:
        """Run the voice service."""
        port = free_port()
        environment = {
            "DATABASE_URL": self.demo.database_url,
            "UNAMENTIS_SECRET": base64.b64encode(self.demo.secret).decode(),
            "UNAMENTIS_PROVIDERS": "mock",
            "UNAMENTIS_TTS": "compatible",
            "UNAMENTIS_TTS_URL": self.speech_url,
            "UNAMENTIS_TTS_SAMPLE_RATE": str(RATE),
            "UNAMENTIS_DATA_DIR": self.folder,
            "UNAMENTIS_DRAIN_S": "1",
            "UNAMENTIS_HOST": HOST,
            "UNAMENTIS_PORT": str(port),
        }
        starting = running([sys.executable, "-m", "core.main"], port, environment)
        await asyncio.to_thread(starting.__enter__)
        try:
            headers = {"Authorization": f"Bearer {self.demo.token}"}
            async with aiohttp.ClientSession(f"http://{HOST}:{port}", headers=headers) as http:
                yield Classroom(http, self.demo.token)
        finally:
            await asyncio.to_thread(starting.__exit__, None, None, None)

    def session(self, topic_id: str) -> str:
        """Make a session about a topic."""
        database = Database(self.demo.database_url)
        with database.unit(TenantEntry(self.demo.claims.tenant_id, self.demo.claims.user_id)) as unit:
            session_id = SessionRepository(unit).add(_NEW)
            SessionLessonRepository(unit).choose_curriculum(session_id, self.curriculum_id)
            SessionLessonRepository(unit).choose_topic(session_id, topic_id)
        database.close()
        return session_id

    def usage(self) -> tuple[int, int]:
        """Return how many calls of vendors were charged, and micro-dollars."""
        with psycopg.connect(self.demo.database_url) as connection:
            row = connection.execute("SELECT count(*), coalesce(sum(micro_usd), 0) FROM usage_events").fetchone()
        return (0, 0) if row is None else (int(row[0]), int(row[1]))

    def topics(self) -> list[str]:
        """Return the ids of the topics, in their order."""
        with psycopg.connect(self.demo.database_url) as connection:
            return [row[0] for row in connection.execute("SELECT id FROM topics ORDER BY order_index, id").fetchall()]


@dataclass(frozen=True)
class Classroom:
    """The running service, over HTTP and its sockets."""

    http: aiohttp.ClientSession
    token: str

    async def deployment(self, curriculum_id: str) -> str:
        """Order and start one."""
        answer = await self.http.post("/api/deployments", json={"curriculum_id": curriculum_id})
        deployment_id: str = (await answer.json())["deployment"]["id"]
        await self.http.post(f"/api/deployments/{deployment_id}/start")
        return deployment_id

    async def state(self, deployment_id: str) -> dict[str, Any]:
        """Return how far one is."""
        answer = await self.http.get(f"/api/deployments/{deployment_id}")
        found: dict[str, Any] = (await answer.json())["deployment"]
        if found["status"] in {"failed", "completed_with_errors"}:
            raise SystemExit(f"the deployment has failed: {found}")
        return found

    async def spoken(self, deployment_id: str, percent: float) -> None:
        """Wait until so much of one is spoken."""
        while True:
            if (await self.state(deployment_id))["percent_complete"] >= percent:
                return
            await asyncio.sleep(0.1)

    async def completed(self, deployment_id: str) -> dict[str, Any]:
        """Wait until the job of one has ended, and return how it is."""
        while True:
            if (found := await self.state(deployment_id))["status"] == "completed":
                return found
            await asyncio.sleep(0.1)

    async def told(self, session_id: str) -> int:
        """Have a topic told by the server to its end and return how many passages that were."""
        passages = 0
        async with self._socket(session_id) as socket:
            await socket.send_json(CONFIG)
            await socket.send_json({"type": "play"})
            async for message in _messages(socket):
                passages += message["type"] == "segment_start"
                if message["type"] == "playback" and message["state"] == "ended":
                    break
                if message["type"] == "playback" and message["state"] in {"checkpoint", "stopping_point"}:
                    await socket.send_json({"type": "resume"})
        return passages

    async def played(self, session_id: str) -> int:
        """Play a topic segment by segment, as clients do that play themselves, and return how many these were."""
        index, total = 0, 1
        async with self._socket(session_id) as socket:
            while index < total:
                await socket.send_json({"type": "request_audio", "segment_index": index})
                async for message in _messages(socket):
                    if message["type"] == "audio" and message["segment_index"] == index:
                        total = message["total_segments"]
                        break
                index += 1
        return total

    @asynccontextmanager
    async def _socket(self, session_id: str) -> AsyncGenerator[aiohttp.ClientWebSocketResponse]:
        async with self.http.ws_connect(f"/ws/audio?token={self.token}&session={session_id}") as socket:
            yield socket


async def _messages(socket: aiohttp.ClientWebSocketResponse) -> AsyncGenerator[dict[str, Any]]:
    async for message in socket:
        if message.type is aiohttp.WSMsgType.TEXT:
            found: dict[str, Any] = json.loads(message.data)
            if found["type"] == "error":
                raise SystemExit(f"the socket says: {found}")
            yield found
    raise SystemExit("the socket was closed")


def prepare(demo: Demo, document: dict[str, Any]) -> None:
    """Store the curriculum, the price and a budget, and make the learner a teacher."""
    database = Database(demo.database_url)
    with database.unit(TenantEntry(demo.claims.tenant_id, demo.claims.user_id)) as unit:
        store_curriculum(unit, document, {})
    database.close()
    add_prices(demo.database_url, read_price_list(json.dumps(PRICES).encode()))
    with psycopg.connect(demo.database_url) as connection:
        connection.execute("UPDATE memberships SET role = 'teacher'")
        connection.execute("UPDATE deployment_budgets SET cap_micro_usd = 1e9, tenant_cap_micro_usd = 1e9")


async def measure(name: str, folder: str) -> bool:
    """Deploy, play and print; return whether everything was as it must be."""
    document: dict[str, Any] = json.loads((CURRICULA / f"{name}.umcf.json").read_text())
    vendor = Vendor()
    with demo_database(durable=True) as demo:
        prepare(demo, document)
        async with vendor.serving() as speech_url:
            school = School(demo, folder, speech_url, name)
            async with school.open() as room:
                first, second = [await room.deployment(name) for _ in range(2)]
                await room.spoken(first, 40)
            before_kill = vendor.asked.total()
            async with school.open() as room:
                ready = [await room.completed(each) for each in (first, second)]
            spoken, (events, charged) = vendor.asked.total(), school.usage()
            passages = await play(school)
            calls = vendor.asked.total() - spoken + school.usage()[0] - events
    estimate = ready[0]["estimated_cost_micro_usd"]
    actual = sum(each["actual_cost_micro_usd"] for each in ready)
    off = abs(estimate - charged) / charged
    twice = [text for text, times in vendor.asked.items() if times > 1]
    second = ready[1]["actual_cost_micro_usd"]
    print(f"curriculum                      {name}: {ready[0]['total_segments']} segments, deployed twice")
    print(f"clips asked of the vendor       {spoken}, of them {before_kill} before the service was stopped half-way")
    print(f"clips asked for twice           {len(twice)}")
    print(f"estimate before                 {estimate} micro-dollars")
    print(f"charged to the budget           {charged} micro-dollars: the estimate is {off:.2%} off")
    print(f"told by the deployments         {actual} micro-dollars, of them {second} by the second one")
    print(f"passages played                 {passages[0]} told by the server, {passages[1]} by the client")
    print(f"calls of any vendor for that    {calls}")
    return calls == 0 and not twice and off <= TOLERANCE and all(each["is_ready"] for each in ready)


async def play(school: School) -> tuple[int, int]:
    """Play every topic in both ways and return how many passages that were."""
    topics = school.topics()
    async with school.open() as room:
        told = await asyncio.gather(*(room.told(school.session(topic)) for topic in topics))
        played = [await room.played(school.session(topic)) for topic in topics]
    return sum(told), sum(played)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    names = sorted(path.name.removesuffix(".umcf.json") for path in CURRICULA.glob("*.umcf.json"))
    parser.add_argument("--curriculum", default="light-and-colour", choices=names)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="unamentis-bench-") as folder:
        if not asyncio.run(measure(options.curriculum, str(Path(folder)))):
            raise SystemExit("this is not as it must be")


if __name__ == "__main__":
    main()
