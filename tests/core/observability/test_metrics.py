"""`GET /metrics`: what Prometheus reads, for this machine only."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from prometheus_client.parser import text_string_to_metric_families

from core.observability.metrics import Metrics, Readings
from core.observability.record import Outcome, TurnRecord
from core.providers.breaker import Breaker
from core.providers.errors import provider_error
from shared.errors import ProviderUnavailable


@asynccontextmanager
async def scraped(metrics: Metrics, headers: Mapping[str, str] | None = None) -> AsyncGenerator[aiohttp.ClientResponse]:
    app = web.Application()
    app.router.add_get("/metrics", metrics.serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"http://127.0.0.1:{runner.addresses[0][1]}/metrics", headers=headers) as answer,
        ):
            yield answer
    finally:
        await runner.cleanup()


async def samples(metrics: Metrics) -> dict[tuple[str, ...], float]:
    """Every sample by its name and its labels' values, in the order of the labels' names."""
    async with scraped(metrics) as answer:
        assert answer.status == 200
        text = await answer.text()
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_stages_and_outcomes_are_counted(record: Callable[..., TurnRecord]) -> None:
    metrics = Metrics()
    metrics.observe(record())
    metrics.observe(record(outcome=Outcome.FAILED, problem="LLM_TIMEOUT", stages=()))
    found = await samples(metrics)
    assert found["unamentis_turns_total", "answered"] == 1
    assert found["unamentis_turns_total", "failed"] == 1
    assert found["unamentis_problems_total", "LLM_TIMEOUT"] == 1
    assert found["unamentis_turn_stage_seconds_sum", "voice_to_voice"] == pytest.approx(0.65)
    assert found["unamentis_turn_stage_seconds_bucket", "0.6", "voice_to_voice"] == 0
    assert found["unamentis_turn_stage_seconds_bucket", "0.7", "voice_to_voice"] == 1
    assert found["process_resident_memory_bytes",] > 1_000_000


async def test_what_others_count_is_read_when_asked() -> None:
    metrics, breaker = Metrics(), Breaker("groq")
    sessions = 2
    metrics.read(Readings(lambda: sessions, lambda: {"wasted": 3}, {"stt": (breaker,), "llm": ()}))
    with pytest.raises(ProviderUnavailable), breaker.call():
        raise provider_error("groq", "rate_limited")
    found = await samples(metrics)
    assert found["unamentis_sessions",] == 2
    assert found["unamentis_replies_total", "wasted"] == 3
    assert found["unamentis_provider_breaker", "groq", "stt"] == 2
    assert found["unamentis_provider_calls_total", "groq", "rate_limited", "stt"] == 1


@pytest.mark.parametrize("header", ["X-Forwarded-For", "CF-Connecting-IP", "Forwarded"])
async def test_nothing_is_here_for_whom_a_proxy_brings(header: str) -> None:
    async with scraped(Metrics(), {header: "203.0.113.7"}) as answer:
        assert answer.status == 404


async def test_openmetrics_is_spoken_where_it_is_asked_for() -> None:
    async with scraped(Metrics(), {"Accept": "application/openmetrics-text; version=1.0.0"}) as answer:
        assert answer.content_type == "application/openmetrics-text"
        assert (await answer.text()).endswith("# EOF\n")
