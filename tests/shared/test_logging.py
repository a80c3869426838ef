"""The lines of the log, as whoever collects standard output reads them."""

import json
import re
from datetime import UTC, datetime

import pytest

from shared.logging import get_logger
from tests.support.log_lines import logged

log = get_logger("probe")


def test_a_line_is_an_event_and_its_facts(capsys: pytest.CaptureFixture[str]) -> None:
    log.info(
        "turn_ended",
        silence_ms=700,
        stt_ms=None,
        name="Ada",
        process=7,
        place="Zürich",
        at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    (text,) = capsys.readouterr().out.splitlines()
    line = json.loads(text)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\+0000", line.pop("timestamp"))
    assert re.fullmatch(r"test_a_line_is_an_event_and_its_facts:\d+", line.pop("location"))
    assert line == {
        "level": "INFO",
        "message": "turn_ended",
        "service": "probe",
        "silence_ms": 700,
        "name": "Ada",
        "process": 7,
        "place": "Zürich",
        "at": "2026-01-01 00:00:00+00:00",
    }
    assert "Zürich" in text


def test_an_exception_comes_with_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyError) as caught:
        {}["lost"]
    log.error("janitor_failed", exc_info=caught.value)
    (line,) = logged(capsys)
    assert (line["level"], line["exception_name"]) == ("ERROR", "KeyError")
    assert line["exception"].startswith("Traceback")
    assert line["exception"].endswith("KeyError: 'lost'")


def test_a_traced_request_is_named(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1")
    log.warning("slow")
    assert [line["xray_trace_id"] for line in logged(capsys)] == ["1-5759e988-bd862e3fe1be46a994272793"]


def test_the_level_is_the_settings(capsys: pytest.CaptureFixture[str]) -> None:
    assert log.level == "INFO"
    assert logged(capsys) == []
