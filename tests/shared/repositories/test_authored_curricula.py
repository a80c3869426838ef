"""Who may change which curriculum, and when."""

import pytest

from shared.db import Database
from shared.errors import AppError
from shared.repositories.authored_curricula import AuthoredCurriculumRepository
from shared.repositories.content import store_curriculum
from tests.conftest import ALPHA, ALPHA_TENANT
from tests.support.content import PUBLIC
from tests.support.people import add_person
from tests.support.umcf import a_document


@pytest.fixture(autouse=True)
def content(database: Database) -> None:
    for who, name in ((ALPHA, "own"), (ALPHA, "old"), (PUBLIC, "shared")):
        with database.unit(who) as unit:
            store_curriculum(unit, a_document(name), {})
    with database.unit(ALPHA) as unit:
        AuthoredCurriculumRepository(unit, trusted=True).archive("old")


def refusal(database: Database, curriculum_id: str, *, trusted: bool = True, **claim: object) -> str | None:
    try:
        with database.unit(ALPHA) as unit:
            AuthoredCurriculumRepository(unit, trusted=trusted).claim(curriculum_id, **claim)  # pyright: ignore[reportArgumentType]  given by the cases
    except AppError as error:
        return error.error_code
    return None


@pytest.mark.parametrize(
    ("curriculum_id", "claim", "code"),
    [
        ("own", {}, None),
        ("own", {"seen": 1}, None),
        ("own", {"seen": 2}, "edited_meanwhile"),
        ("own", {"trusted": False}, "not_an_author"),
        ("old", {}, "archived"),
        ("shared", {}, "read_only"),
        ("shared", {"may_be_new": True}, None),
        ("new", {}, "not_found"),
        ("new", {"may_be_new": True}, None),
        ("new", {"may_be_new": True, "seen": 1}, "not_found"),
    ],
)
def test_claims(database: Database, curriculum_id: str, claim: dict[str, object], code: str | None) -> None:
    assert refusal(database, curriculum_id, **claim) == code  # pyright: ignore[reportArgumentType]  given by the cases


def test_a_teacher_needs_no_trusted_network(database: Database) -> None:
    with database.unit(add_person(database, ALPHA_TENANT, "teacher")) as unit:
        AuthoredCurriculumRepository(unit, trusted=False).claim("own")


def test_the_archive_gives_back_what_it_took(database: Database) -> None:
    with database.unit(ALPHA) as unit:
        found = AuthoredCurriculumRepository(unit, trusted=True).archived()
    assert [(row.id, row.title) for row in found.result] == [("old", "Old")]
    with database.unit(ALPHA) as unit:
        AuthoredCurriculumRepository(unit, trusted=True).unarchive("old")
    assert refusal(database, "old") is None


def test_removal_looks_where_it_is_told(database: Database) -> None:
    for curriculum_id, in_archive in (("own", True), ("old", False)):
        with pytest.raises(AppError), database.unit(ALPHA) as unit:
            AuthoredCurriculumRepository(unit, trusted=True).remove(curriculum_id, in_archive=in_archive)
    with database.unit(ALPHA) as unit:
        gone = AuthoredCurriculumRepository(unit, trusted=True).remove("old", in_archive=None)
    assert gone.result.title == "Old"
