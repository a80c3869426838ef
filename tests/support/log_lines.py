"""What was logged, as whoever collects standard output reads it."""

import json
from typing import Any

import pytest


def logged(capsys: pytest.CaptureFixture[str], event: str | None = None) -> list[dict[str, Any]]:
    """Return the lines since the last call; only those of one event where it is named."""
    printed = capsys.readouterr().out.splitlines()
    lines: list[dict[str, Any]] = [json.loads(line) for line in printed if line.startswith("{")]
    return [line for line in lines if event in {None, line["message"]}]
