"""The processes that have told of themselves."""

from collections.abc import Sequence
from typing import Final

from shared.api import Request
from shared.repositories.measurements import MeasurementRepository
from shared.repositories.processes import Process, ProcessRepository

# A process that has been silent for longer has ended.
SILENT_S: Final = 90


def running(processes: Sequence[Process]) -> list[Process]:
    """Return those that have not ended."""
    return [process for process in processes if process.seconds_silent < SILENT_S]


def present(request: Request) -> tuple[list[Process], int]:
    """Return the processes, and how many sessions of the tenant are active."""
    with request.unit() as unit:
        processes = ProcessRepository(unit).find()
        sessions = MeasurementRepository(unit).active_sessions()
    return processes.result, sessions.result
