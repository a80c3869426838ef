"""Settings of jobs: where they queue, and how many run here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from shared.errors import InvalidInput

Ordering = Literal["here", "queue"]
_SCHEMES: Final = ("https://", "http://", "amqp://", "amqps://", "redis://", "rediss://", "unix://")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSettings:
    """How jobs are carried and run.

    Attributes:
        queue_url: an SQS queue's URL, or amqp://, amqps://, redis://, rediss://; empty: the database is the queue
            (`UNAMENTIS_QUEUE_URL`).
        slots: jobs this process runs at once; 0: others run them (`UNAMENTIS_JOB_SLOTS`).
        schedules: who orders what is due again and again: "here", or a scheduler outside by messages in the "queue"
            (`UNAMENTIS_SCHEDULES`).
    """

    queue_url: str = field(default="", repr=False)
    slots: int = 4
    schedules: Ordering = "here"


def read_job_settings(environ: Mapping[str, str]) -> JobSettings:
    """Return what the environment names.

    Raises: InvalidInput: a value is malformed or out of its range.
    """
    url = environ.get("UNAMENTIS_QUEUE_URL", "")
    if url and not url.startswith(_SCHEMES):
        raise InvalidInput(
            "UNAMENTIS_QUEUE_URL must be an SQS queue's https URL, or begin with amqp(s):// or redis(s)://"
        )
    slots = environ.get("UNAMENTIS_JOB_SLOTS", "4")
    if not slots.isascii() or not slots.isdigit() or int(slots) > 64:
        raise InvalidInput("UNAMENTIS_JOB_SLOTS must be a whole number from 0 to 64")
    schedules = environ.get("UNAMENTIS_SCHEDULES", "here")
    if schedules not in ("here", "queue"):
        raise InvalidInput('UNAMENTIS_SCHEDULES must be "here" or "queue"')
    return JobSettings(queue_url=url, slots=int(slots), schedules=schedules)
