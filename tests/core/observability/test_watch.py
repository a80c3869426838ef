"""Observers come after the turn, and cannot reach it."""

import asyncio
from collections.abc import Callable
from typing import Any

from core.observability.record import TurnRecord
from core.observability.watch import Watch


async def test_observers_are_called_after_what_is_due_now(record: Callable[..., TurnRecord]) -> None:
    seen: list[TurnRecord] = []
    Watch([seen.append, seen.append])(record())
    assert seen == []
    await asyncio.sleep(0)
    assert seen == [record(), record()]


async def test_a_failing_observer_is_logged_and_stops_nobody(record: Callable[..., TurnRecord]) -> None:
    seen: list[TurnRecord] = []
    logged: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: logged.append(context))

    def fail(_record: TurnRecord) -> None:
        raise OSError("standard output is closed")

    Watch([fail, seen.append])(record())
    await asyncio.sleep(0)
    assert seen == [record()]
    assert [type(context["exception"]) for context in logged] == [OSError]
