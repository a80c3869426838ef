"""Settings of what a deployment does for its own order."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.errors import InvalidInput


@dataclass(frozen=True, slots=True, kw_only=True)
class HousekeepingSettings:
    """What an operator may turn.

    Attributes:
        owner_url: libpq URL of the database's owner, for jobs that read every row or change prices; empty: this process
            does neither, and who operates the deployment does it from outside (`UNAMENTIS_OWNER_DATABASE_URL`).
        backups_kept: whole copies of the database that stay in the object store (`UNAMENTIS_BACKUPS_KEPT`).
        job_days: how long jobs are kept after they ended, in days (`UNAMENTIS_JOB_DAYS`).
    """

    owner_url: str = field(default="", repr=False)
    backups_kept: int = 7
    job_days: int = 90


def read_housekeeping_settings(environ: Mapping[str, str]) -> HousekeepingSettings:
    """Return what the environment names.

    Raises: InvalidInput: a value is malformed or out of its range.
    """
    return HousekeepingSettings(
        owner_url=environ.get("UNAMENTIS_OWNER_DATABASE_URL", ""),
        backups_kept=_number(environ, "UNAMENTIS_BACKUPS_KEPT", 7, 1_000),
        job_days=_number(environ, "UNAMENTIS_JOB_DAYS", 90, 3_650),
    )


def _number(environ: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = environ.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= most:
        raise InvalidInput(f"{name} must be a whole number from 1 to {most}")
    return int(text)
