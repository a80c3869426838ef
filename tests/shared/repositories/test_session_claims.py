"""The lock every change to a session begins with."""

import pytest

from shared.db import Database
from shared.errors import Conflict, NotFound
from shared.ids import new_id
from shared.repositories.session_claims import ANY, OPEN, claim, claim_open
from shared.repositories.sessions import NewSession, SessionRepository
from tests.conftest import ALPHA


@pytest.fixture
def session_id(database: Database) -> str:
    with database.unit(ALPHA) as unit:
        return SessionRepository(unit).add(
            NewSession(model_name="m", model_context_window=200_000, system_prompt="", auto_expand_context=True)
        )


@pytest.mark.parametrize("allowed", [OPEN, ANY, ["created"]])
def test_an_allowed_state_passes(database: Database, session_id: str, allowed: list[str]) -> None:
    with database.unit(ALPHA) as unit:
        claim(unit, session_id, allowed, "tested")
        claim_open(unit, session_id, "tested")


def test_another_state_is_named_with_what_it_cannot(database: Database, session_id: str) -> None:
    with (
        pytest.raises(Conflict, match="the session is created: it cannot be tested") as refused,
        database.unit(ALPHA) as unit,
    ):
        claim(unit, session_id, ["paused"], "tested", code="some_code")
    assert refused.value.error_code == "some_code"


def test_an_unknown_session_is_not_found(database: Database) -> None:
    unknown = new_id()
    with pytest.raises(NotFound, match=f"session {unknown} not found"), database.unit(ALPHA) as unit:
        claim_open(unit, unknown, "tested")


def test_a_refused_claim_undoes_what_came_before_it(database: Database, session_id: str) -> None:
    with pytest.raises(Conflict), database.unit(ALPHA) as unit:
        SessionRepository(unit).start(session_id)
        claim(unit, session_id, ["created"], "tested")
    with database.unit(ALPHA) as unit:
        session = SessionRepository(unit).get(session_id)
    assert session.result.status == "created"
