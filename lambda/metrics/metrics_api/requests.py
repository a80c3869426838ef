"""What clients send: summaries in both of their spellings, and batches of single events.

Latencies are milliseconds, the session's duration is seconds, costs are US dollars. What a client did not measure may
be null or absent.
"""

from typing import Annotated, Final

from msgspec import Meta, Struct

Name = Annotated[str, Meta(max_length=200)]
Amount = Annotated[float, Meta(ge=0, le=1e9)]
Count = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Timestamp = Annotated[str, Meta(max_length=64)] | float

MOST_EVENTS: Final = 1_000
LONGEST_PAGE: Final = 1_000


class Report(Struct, frozen=True, kw_only=True):
    """A summary of one session, as the Android app spells it."""

    session_duration: Amount
    turns_total: Count
    client_id: Name | None = None
    client_name: Name | None = None
    session_id: Name | None = None
    timestamp: Timestamp | None = None
    interruptions: Count | None = None
    stt_latency_median: Amount | None = None
    stt_latency_p99: Amount | None = None
    llm_ttft_median: Amount | None = None
    llm_ttft_p99: Amount | None = None
    tts_ttfb_median: Amount | None = None
    tts_ttfb_p99: Amount | None = None
    e2e_latency_median: Amount | None = None
    e2e_latency_p99: Amount | None = None
    stt_cost: Amount | None = None
    tts_cost: Amount | None = None
    llm_cost: Amount | None = None
    total_cost: Amount | None = None
    thermal_throttle_events: Count | None = None
    network_degradations: Count | None = None


# The same fields as the iOS app spells them.
CAMEL: Final = {
    "session_duration": "sessionDuration",
    "turns_total": "turnsTotal",
    "client_id": "clientId",
    "client_name": "clientName",
    "session_id": "sessionId",
    "stt_latency_median": "sttLatencyMedian",
    "stt_latency_p99": "sttLatencyP99",
    "llm_ttft_median": "llmTTFTMedian",
    "llm_ttft_p99": "llmTTFTP99",
    "tts_ttfb_median": "ttsTTFBMedian",
    "tts_ttfb_p99": "ttsTTFBP99",
    "e2e_latency_median": "e2eLatencyMedian",
    "e2e_latency_p99": "e2eLatencyP99",
    "stt_cost": "sttCost",
    "tts_cost": "ttsCost",
    "llm_cost": "llmCost",
    "total_cost": "totalCost",
    "thermal_throttle_events": "thermalThrottleEvents",
    "network_degradations": "networkDegradations",
}


class Batch(Struct, frozen=True, rename="camel"):
    """Single events of one client."""

    metrics: Annotated[list[dict[str, object]], Meta(min_length=1, max_length=MOST_EVENTS)]
    client: Name | None = None
    client_id: Name | None = None
    client_name: Name | None = None


class SingleEvent(Struct, frozen=True, rename="camel"):
    """What one event, sent alone, says of its client."""

    client: Name | None = None
    client_id: Name | None = None
    client_name: Name | None = None


class ListMetrics(Struct, frozen=True):
    """Which summaries."""

    limit: Annotated[int, Meta(ge=1)] = 100
    client_id: Name | None = None
