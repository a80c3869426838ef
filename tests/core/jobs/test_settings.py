"""Settings of jobs."""

import pytest

from core.jobs.settings import JobSettings, read_job_settings
from shared.errors import InvalidInput


def test_nothing_set_is_the_database_and_four_slots() -> None:
    assert read_job_settings({}) == JobSettings(queue_url="", slots=4, schedules="here")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("UNAMENTIS_QUEUE_URL", "kafka://somewhere"),
        ("UNAMENTIS_JOB_SLOTS", "65"),
        ("UNAMENTIS_JOB_SLOTS", "-1"),
        ("UNAMENTIS_SCHEDULES", "there"),
    ],
)
def test_what_cannot_be_is_named(name: str, value: str) -> None:
    with pytest.raises(InvalidInput, match=name):
        read_job_settings({name: value})


def test_a_queues_url_with_its_password_is_not_shown() -> None:
    settings = read_job_settings({"UNAMENTIS_QUEUE_URL": "amqp://me:secret@host/", "UNAMENTIS_JOB_SLOTS": "0"})
    assert settings.slots == 0
    assert "secret" not in repr(settings)
