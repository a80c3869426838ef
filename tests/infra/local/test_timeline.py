"""`./unamentis session`, on a database of its own."""

import re
from collections.abc import Iterator

import pytest

from infra.local.administrators import Installation
from infra.local.timeline import show
from shared.db import Database
from shared.errors import NotFound
from shared.ids import new_id
from shared.repositories.session_events import BargeIn, SessionEventRepository
from shared.repositories.sessions import NewSession, SessionRepository
from shared.repositories.turns import NewTurn, Role, TurnRepository
from tests.conftest import ALPHA
from tests.support.identity import SECRET


@pytest.fixture
def place(database_url: str) -> Iterator[Installation]:
    database = Database(database_url, role=None)
    yield Installation(database, SECRET)
    database.close()


@pytest.fixture
def session_id(database: Database) -> str:
    """A session with one turn answered, one interrupted, and one that was not answered."""
    new = NewSession(model_name="m", model_context_window=200_000, system_prompt="", auto_expand_context=True)
    with database.unit(ALPHA) as unit:
        made = SessionRepository(unit).add(new)
    with database.unit(ALPHA) as unit:
        SessionRepository(unit).connect(made)
    for number, (role, ms, cut, complete) in enumerate(
        (
            ("user", 150, False, True),
            ("assistant", 640, False, True),
            ("user", 170, False, True),
            ("assistant", 700, True, True),
            ("user", 160, False, True),
        )
    ):
        add(database, made, number, role, ms=ms, cut=cut, complete=complete)
    with database.unit(ALPHA) as unit:
        SessionEventRepository(unit).barge_in(made, BargeIn(heard_by="voice", utterance="a secret", position_ms=1_200))
    return made


def add(database: Database, session_id: str, number: int, role: str, *, ms: int, cut: bool, complete: bool) -> None:
    of_learner: Role | None = "user" if role == "user" else None
    turn = NewTurn(
        turn_id=f"turn-{number // 2}",
        role=of_learner or "assistant",
        content="a secret",
        stt_ms=ms if of_learner else None,
        llm_ms=None if of_learner else 200,
        tts_ms=None if of_learner else 100,
        total_ms=None if of_learner else ms,
        interrupted=cut,
        complete=complete,
    )
    with database.unit(ALPHA) as unit:
        TurnRepository(unit).add(session_id, turn)


def test_every_turn_is_a_line_of_its_stages(
    place: Installation, session_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    show(place, session_id.upper())
    head, state, *lines = capsys.readouterr().out.splitlines()
    assert session_id in head
    assert ALPHA.tenant_id is not None
    assert ALPHA.tenant_id in head
    assert state.startswith("active, 5 utterances, 1 barge-ins, ")
    assert [re.sub(r"^\S+Z  ", "", line) for line in lines] == [
        "created",
        "connected     before created, connection 1",
        "question      8 characters, understood after 150 ms",
        "answer        8 characters, first sound after 640 ms, model after 200 ms, voice after 100 ms",
        "question      8 characters, understood after 170 ms",
        "answer        8 characters, first sound after 700 ms, model after 200 ms, voice after 100 ms, cut short",
        "question      8 characters, understood after 160 ms, NO ANSWER is stored",
        "barge_in      heard_by voice, position_ms 1200",
    ]


def test_an_answer_whose_server_died_says_so(
    place: Installation, database: Database, session_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    add(database, session_id, 5, "assistant", ms=600, cut=False, complete=False)
    show(place, session_id)
    printed = capsys.readouterr().out
    assert "NOT FINISHED" in printed
    assert "NO ANSWER" not in printed
    assert "secret" not in printed


def test_a_session_that_is_none(place: Installation) -> None:
    for wrong in ("nonsense", new_id()):
        with pytest.raises(NotFound):
            show(place, wrong)
