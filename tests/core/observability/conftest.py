from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import structs

from core.observability.record import Outcome, Stage, StageName, TurnRecord

RECORD = TurnRecord(
    session_id="session-1",
    tenant_id="tenant-1",
    turn_id="turn-1",
    began_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    lasted_ms=2_000,
    spoken=True,
    outcome=Outcome.ANSWERED,
    stages=(
        Stage(StageName.STT, -100, 50),
        Stage(StageName.ENDPOINT, 0, 400),
        Stage(StageName.VOICE_TO_VOICE, 0, 650),
    ),
)


@pytest.fixture
def record() -> Callable[..., TurnRecord]:
    """Makes a turn's record, with some fields changed."""

    def make(**changes: Any) -> TurnRecord:
        return structs.replace(RECORD, **changes)

    return make
