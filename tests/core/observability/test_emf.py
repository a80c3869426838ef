"""Each turn is one line that CloudWatch reads as metrics."""

import io
from collections.abc import Callable

import msgspec

from core.observability.emf import EmfLines
from core.observability.record import Outcome, TurnRecord


def test_a_line_for_each_turn(record: Callable[..., TurnRecord]) -> None:
    out = io.StringIO()
    lines = EmfLines("UnaMentis", out)
    lines.observe(record())
    lines.observe(record(outcome=Outcome.FAILED, problem="LLM_TIMEOUT", stages=()))
    first, second = (msgspec.json.decode(line) for line in out.getvalue().splitlines())
    assert first["_aws"]["Timestamp"] == 1_767_323_045_000
    (directive,) = first["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "UnaMentis"
    assert directive["Dimensions"] == [["service"], ["service", "outcome"]]
    # Every dimension and metric the directive names must be a member of the line.
    names = [metric["Name"] for metric in directive["Metrics"]]
    assert {name: first[name] for name in names} == {
        "stt_ms": 150,
        "endpoint_ms": 400,
        "voice_to_voice_ms": 650,
        "turns": 1,
    }
    assert (first["service"], first["outcome"], first["session_id"]) == ("core", "answered", "session-1")
    assert (second["outcome"], second["problem"]) == ("failed", "LLM_TIMEOUT")
    assert [metric["Name"] for metric in second["_aws"]["CloudWatchMetrics"][0]["Metrics"]] == ["turns"]
