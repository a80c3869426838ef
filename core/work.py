"""Which kinds of jobs a deployment runs, and which it orders by itself: each is one line here."""

from core.components import Components
from core.jobs.port import JobHandler
from core.jobs.registry import Registry, Schedule
from core.speech.speaking import Speaking


def registry(parts: Components) -> Registry:
    """Return everything there is to do."""
    return Registry(_handlers(parts), _schedules())


def _handlers(parts: Components) -> list[JobHandler]:
    return [Speaking(parts.database, parts.speech.desktop.desk)]


def _schedules() -> list[Schedule]:
    return []
