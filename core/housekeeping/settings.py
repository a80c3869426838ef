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
    """

    owner_url: str = field(default="", repr=False)
    backups_kept: int = 7


def read_housekeeping_settings(environ: Mapping[str, str]) -> HousekeepingSettings:
    """Return what the environment names.

    Raises: InvalidInput: a value is malformed or out of its range.
    """
    kept = environ.get("UNAMENTIS_BACKUPS_KEPT", "7")
    if not kept.isascii() or not kept.isdigit() or not 1 <= int(kept) <= 1_000:
        raise InvalidInput("UNAMENTIS_BACKUPS_KEPT must be a whole number from 1 to 1000")
    return HousekeepingSettings(owner_url=environ.get("UNAMENTIS_OWNER_DATABASE_URL", ""), backups_kept=int(kept))
