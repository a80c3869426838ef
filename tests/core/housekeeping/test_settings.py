"""Settings of housekeeping."""

import pytest

from core.housekeeping.settings import HousekeepingSettings, read_housekeeping_settings
from shared.errors import InvalidInput


def test_defaults_and_values() -> None:
    assert read_housekeeping_settings({}) == HousekeepingSettings()
    told = {
        "UNAMENTIS_OWNER_DATABASE_URL": "postgresql://o:hidden-word@h/x",
        "UNAMENTIS_BACKUPS_KEPT": "30",
        "UNAMENTIS_JOB_DAYS": "7",
    }
    settings = read_housekeeping_settings(told)
    assert (settings.backups_kept, settings.job_days) == (30, 7)
    assert "hidden-word" not in repr(settings)


@pytest.mark.parametrize("kept", ["0", "-1", "1001", "many", ""])
def test_a_number_that_is_none(kept: str) -> None:
    with pytest.raises(InvalidInput, match="UNAMENTIS_BACKUPS_KEPT must be a whole number from 1 to 1000"):
        read_housekeeping_settings({"UNAMENTIS_BACKUPS_KEPT": kept})
