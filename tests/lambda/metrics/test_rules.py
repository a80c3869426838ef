"""Decisions about measurements."""

from datetime import UTC, datetime

import pytest
from metrics_api.rules import digest, known_client, moment_of, read_report

from shared.errors import InvalidInput

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def test_both_spellings_say_the_same() -> None:
    snake = read_report({"session_duration": 1.5, "turns_total": 2, "llm_ttft_p99": 3, "unknown": []})
    assert read_report({"sessionDuration": 1.5, "turnsTotal": 2, "llmTTFTP99": 3}) == snake


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"sessionDuration": 1}, "turnsTotal"),
        ({"sessionDuration": "x", "turnsTotal": 1}, "sessionDuration"),
        ({"sessionDuration": 1, "turnsTotal": 1, "timestamp": []}, "timestamp"),
        ({"session_duration": 1}, "turns_total"),
        ({}, "session_duration"),
    ],
)
def test_a_bad_field_is_named_as_the_client_spells_it(raw: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput, match=f"^{field}: ") as refused:
        read_report(raw)
    assert list(refused.value.details) == [field]


def test_a_digest_does_not_mind_the_order_of_keys() -> None:
    assert digest({"a": 1, "b": [2, {"c": None}]}) == digest({"b": [2, {"c": None}], "a": 1})
    assert digest({"a": [1, 2]}) != digest({"a": [2, 1]})


def test_the_first_name_counts() -> None:
    assert known_client(None, "", "b", "c") == "b"
    with pytest.raises(InvalidInput, match="client_id: required"):
        known_client(None, "")


@pytest.mark.parametrize(
    ("timestamp", "moment"),
    [
        ("2026-01-01T10:00:00Z", datetime(2026, 1, 1, 10, tzinfo=UTC)),
        ("2026-01-01T10:00:00+02:00", datetime(2026, 1, 1, 8, tzinfo=UTC)),
        ("2026-01-01T10:00:00", datetime(2026, 1, 1, 10, tzinfo=UTC)),
        (788_000_000.0, NOW),
        ("", NOW),
        (None, NOW),
    ],
)
def test_the_moment_of_a_report(timestamp: str | float | None, moment: datetime) -> None:
    assert moment_of(timestamp, NOW) == moment


@pytest.mark.parametrize("timestamp", ["yesterday", "2026-13-01", "0001-01-01T00:00:00+14:00"])
def test_a_text_that_is_no_moment_is_refused(timestamp: str) -> None:
    with pytest.raises(InvalidInput, match="timestamp: expected an ISO 8601"):
        moment_of(timestamp, NOW)
