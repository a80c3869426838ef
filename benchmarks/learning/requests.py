"""The requests of the benchmark, and what each costs."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from urllib.parse import urlsplit

import psycopg
from curriculum_api.routes import routes as curriculum_routes
from kb_api.routes import routes as kb_routes

from benchmarks.learning.holdings import DOMAINS, PACK, Size, Words
from shared.api import Context, Routes, Service
from shared.config import Settings
from tests.support.api import Answer, ApiClient
from tests.support.proxy import CountingProxy

PLENTY = 1_000_000_000
# Their rows are what grows; the others hold a row per tenant or person.
CONTENT = ("questions", "packs", "pack_questions", "curricula", "topics", "assets")


@dataclass(frozen=True, slots=True)
class Ask:
    """One kind of request; `another` makes one of them, each time another one."""

    name: str
    routes: Routes
    another: Callable[[Random, Words, Size], Callable[[ApiClient], Answer]]


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds at the median and of the slowest twentieth, round trips of one request, tables it read whole."""

    p50: float
    p95: float
    round_trips: int
    scanned: list[str]


def common(random: Random, words: Words) -> str:
    """Return a word that every tenth sentence has."""
    return words.words[random.randrange(3, 30)]


def rare(random: Random, words: Words) -> str:
    return words.words[random.randrange(1_000, 5_000)]


def questions(**query: str) -> Callable[[ApiClient], Answer]:
    return lambda client: client.get("/api/kb/questions", query=query)


def curricula(**query: str) -> Callable[[ApiClient], Answer]:
    return lambda client: client.get("/api/curricula", query=query)


def curriculum(random: Random, size: Size, rest: str = "") -> Callable[[ApiClient], Answer]:
    return lambda client: client.get(f"/api/curricula/curriculum-{random.randrange(size.curricula):05}{rest}")


def suggestion(random: Random, words: Words) -> Callable[[ApiClient], Answer]:
    query = f"{rare(random, words)} {rare(random, words)} {common(random, words)}"
    return lambda client: client.post("/api/curricula/suggest", {"query": query})


def pack(random: Random, size: Size) -> Callable[[ApiClient], Answer]:
    return lambda client: client.get(f"/api/kb/packs/pack-q-{random.randrange(size.questions // PACK) * PACK:06}")


ASKS = (
    Ask("questions: list", kb_routes, lambda r, _w, _s: questions(domain_id=r.choice(DOMAINS))),
    Ask("questions: far page", kb_routes, lambda _r, _w, s: questions(offset=str(min(9_000, s.questions - 20)))),
    Ask("questions: search, common word", kb_routes, lambda r, w, _s: questions(search=common(r, w))),
    Ask("questions: search, rare word", kb_routes, lambda r, w, _s: questions(search=rare(r, w))),
    Ask("packs: list", kb_routes, lambda _r, _w, _s: lambda client: client.get("/api/kb/packs")),
    Ask("packs: detail", kb_routes, lambda r, _w, s: pack(r, s)),
    Ask("curricula: list of 50", curriculum_routes, lambda _r, _w, _s: curricula(limit="50")),
    Ask("curricula: list as phones ask", curriculum_routes, lambda _r, _w, _s: curricula()),
    Ask(
        "curricula: search, common word", curriculum_routes, lambda r, w, _s: curricula(search=common(r, w), limit="50")
    ),
    Ask("curricula: search, rare word", curriculum_routes, lambda r, w, _s: curricula(search=rare(r, w))),
    Ask("curricula: suggest", curriculum_routes, lambda r, w, _s: suggestion(r, w)),
    Ask("curricula: detail", curriculum_routes, lambda r, _w, s: curriculum(r, s)),
    Ask("curricula: full", curriculum_routes, lambda r, _w, s: curriculum(r, s, "/full")),
    Ask("curricula: transcript", curriculum_routes, lambda r, _w, s: curriculum(r, s, "/topics/topic-3/transcript")),
)


def measure(ask: Ask, url: str, secret: bytes, token: str, words: Words, size: Size, *, times: int) -> Cost:
    """Send a kind of request many times and say what it costs."""
    before = scans(url)
    timings, trips = _timed(ask, url, secret, token, words, size, times=times)
    # Its connection is closed, and with that its statistics are told.
    scanned = sorted(table for table, count in scans(url).items() if count > before.get(table, 0))
    ranked = sorted(timings)
    return Cost(statistics.median(ranked), ranked[int(len(ranked) * 0.95)], trips, scanned)


def _timed(
    ask: Ask, url: str, secret: bytes, token: str, words: Words, size: Size, *, times: int
) -> tuple[list[float], int]:
    parts = urlsplit(url)
    random = Random(8766)  # noqa: S311  which rows are asked for
    with CountingProxy(str(parts.hostname), int(parts.port or 5432)) as proxy:
        trips = 0
        for target, counted in ((proxy.url(url), True), (url, False)):
            context = Context.of(
                Settings(
                    database_url=target,
                    secret=secret,
                    requests_per_minute=PLENTY,
                    address_requests_per_minute=PLENTY,
                    tenant_requests_per_minute=PLENTY,
                )
            )
            client = ApiClient(Service(ask.routes, context), token)
            for _ in range(5):
                assert ask.another(random, words, size)(client).status == 200, ask.name
            if counted:
                # A server that answers before it has heard all may be counted twice, never less than once.
                counts: list[int] = []
                for _ in range(5):
                    begun = proxy.round_trips
                    ask.another(random, words, size)(client)
                    counts.append(proxy.round_trips - begun)
                trips = min(counts)
                context.database.close()
        timings: list[float] = []
        for _ in range(times):
            send = ask.another(random, words, size)
            begin = time.perf_counter()
            send(client)
            timings.append((time.perf_counter() - begin) * 1000)
        context.database.close()
    return timings, trips


def scans(url: str) -> dict[str, int]:
    """Return how often each content table has been read from end to end."""
    with psycopg.connect(url, autocommit=True) as connection:
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            (others,) = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND backend_type = 'client backend'"
            ).fetchone() or (0,)
            if not others:
                break
            time.sleep(0.01)
        rows = connection.execute(
            "SELECT relname, seq_scan FROM pg_stat_user_tables WHERE relname = ANY(%s)", (list(CONTENT),)
        ).fetchall()
    return {str(name): int(count) for name, count in rows}
