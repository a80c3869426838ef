"""Who comes in, checked against a real database."""

import pytest

from core.admission import Admission
from shared.api import Context
from shared.clock import utc_now
from shared.db import Database
from shared.errors import Unauthenticated
from shared.repositories.client_logs import ClientLogRepository, NewLog
from tests.conftest import ALPHA, ALPHA_TENANT, BETA
from tests.support.identity import add_beta_token
from tests.support.people import add_person

ENTRY = NewLog(
    level="INFO", label="ui", message="opened", file="", function="", line=0, metadata={}, logged_at=utc_now()
)


async def test_whoever_begins_to_watch_is_told_how_many_entries_they_may_read(
    context: Context, database: Database
) -> None:
    door = Admission(database, context.settings, context.authenticator)
    teacher = add_person(database, ALPHA_TENANT, "teacher")
    for person, entries in ((ALPHA, 2), (teacher, 1), (BETA, 4)):
        with database.unit(person) as unit:
            ClientLogRepository(unit).add("phone", "A phone", [ENTRY] * entries)
    learner, teaches, other = [
        await door.greet(door.authenticate(add_beta_token(database, person), "203.0.113.7"))
        for person in (ALPHA, teacher, BETA)
    ]
    assert (learner.logs, learner.teaches, learner.user_id) == (2, False, ALPHA.user_id)
    assert (teaches.logs, teaches.teaches) == (3, True)
    assert other.logs == 4
    with pytest.raises(Unauthenticated):
        await door.greet(door.authenticate("uma_beta_2026_unknown", "203.0.113.7"))
