"""Which questions are spoken: noted with them, counted in their packs, and true only as long as it is."""

from datetime import datetime, timedelta

import pytest

from shared.clock import utc_now
from shared.db import PUBLIC_TENANT, Database, TenantEntry
from shared.repositories.content import store_pack
from shared.repositories.packs import PackRepository
from shared.repositories.question_audio import QuestionAudioRepository
from shared.repositories.question_edits import QuestionEdits
from shared.repositories.questions import QuestionRepository
from tests.conftest import ALPHA, ALPHA_TENANT, BETA
from tests.support.packs import a_pack, a_question

PUBLIC = TenantEntry(PUBLIC_TENANT)
LATER = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def packs(database: Database) -> None:
    with database.unit(PUBLIC) as unit:
        store_pack(unit, a_pack("shared", a_question("s-1"), type="system"))
    with database.unit(ALPHA) as unit:
        store_pack(unit, a_pack("own", a_question("a-1"), a_question("a-2")))


def note(
    database: Database, *ids: str, who: TenantEntry = ALPHA, owner: str = ALPHA_TENANT, at: datetime | None = None,
    is_there: bool = True,
) -> None:  # fmt: skip
    with database.unit(who) as unit:
        told = [(owner, question_id) for question_id in ids]
        QuestionAudioRepository(unit).note(told, read_at=at or utc_now() + LATER, is_there=is_there)


def voiced(database: Database, pack_id: str, who: TenantEntry = ALPHA) -> tuple[list[str], int]:
    """Return a pack's questions that are spoken, and how many per cent it says they are."""
    with database.unit(who) as unit:
        pack, questions = PackRepository(unit).get(pack_id), QuestionRepository(unit).of_pack(pack_id)
    return [q.id for q in questions.result if q.has_audio], pack.result.stats.audio_coverage_percent


def test_a_question_and_its_packs_tell_what_is_spoken(database: Database) -> None:
    assert voiced(database, "own") == ([], 0)
    note(database, "a-1")
    assert voiced(database, "own") == (["a-1"], 50)
    with database.unit(ALPHA) as unit:
        own = QuestionAudioRepository(unit).own()
    assert [(q.id, q.question_text) for q in own.result] == [("a-1", "What is a-1?")]
    note(database, "a-1", is_there=False)
    assert voiced(database, "own") == ([], 0)


def test_other_words_are_not_spoken_yet(database: Database) -> None:
    note(database, "a-1", "a-2")
    with database.unit(ALPHA) as unit:
        QuestionEdits(unit).change(["a-1"], {"question_text": "What else?"})
        QuestionEdits(unit).change(["a-2"], {"difficulty": 5})
    assert voiced(database, "own") == (["a-2"], 50)
    note(database, "a-1", at=utc_now() - LATER)  # of the words before
    assert voiced(database, "own") == (["a-2"], 50)


def test_a_shared_question_is_spoken_for_everybody(database: Database) -> None:
    note(database, "s-1", who=BETA, owner=PUBLIC_TENANT)
    for who in (ALPHA, BETA, PUBLIC):
        assert voiced(database, "shared", who) == (["s-1"], 100)


def test_nobody_notes_anything_of_strangers(database: Database) -> None:
    note(database, "a-1", who=BETA)
    assert voiced(database, "own") == ([], 0)
