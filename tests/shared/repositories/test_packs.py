"""Packs as their tenants see them."""

import pytest
from msgspec import structs

from shared.db import PUBLIC_TENANT, Database, TenantEntry
from shared.errors import NotFound
from shared.repositories.content import store_pack
from shared.repositories.packs import Pack, PackRepository
from shared.repositories.questions import QuestionRepository
from tests.conftest import ALPHA, BETA
from tests.support.packs import a_pack, a_question

PUBLIC = TenantEntry(PUBLIC_TENANT)


def test_a_pack_of_another_tenant_does_not_exist(database: Database) -> None:
    with database.unit(ALPHA) as unit:
        store_pack(unit, a_pack("mine", a_question("a-1")))
    for ask in ("get", "require"):
        with pytest.raises(NotFound, match="pack mine not found"), database.unit(BETA) as unit:
            getattr(PackRepository(unit), ask)("mine")
    with database.unit(ALPHA) as unit:
        PackRepository(unit).require("mine")


def test_updated_at_moves_only_with_the_pack(database: Database) -> None:
    def stored(**changes: str) -> Pack:
        with database.unit(ALPHA) as unit:
            store_pack(unit, a_pack("mine", a_question("a-1"), **changes))
        with database.unit(ALPHA) as unit:
            pack = PackRepository(unit).get("mine")
        return pack.result

    first = stored()
    assert stored() == first
    changed = stored(name="Renamed")
    assert changed != first
    assert structs.replace(changed, name="Mine", revision=1, updated_at=first.updated_at) == first


def test_two_packs_may_share_a_question(database: Database) -> None:
    with database.unit(ALPHA) as unit:
        store_pack(unit, a_pack("one", a_question("a-1"), a_question("a-2")))
        store_pack(unit, a_pack("two", a_question("a-2")))
    with database.unit(ALPHA) as unit:
        packs = [PackRepository(unit).get(pack_id) for pack_id in ("one", "two")]
        shared = QuestionRepository(unit).get("a-2")
    assert [pack.result.question_ids for pack in packs] == [["a-1", "a-2"], ["a-2"]]
    assert shared.result.pack_ids == ["one", "two"]


def test_a_tenants_pack_never_holds_anothers_questions(database: Database) -> None:
    with database.unit(ALPHA) as unit:
        store_pack(unit, a_pack("mine", a_question("same-1", question_text="Alpha's?")))
    with database.unit(BETA) as unit:
        store_pack(unit, a_pack("mine", a_question("same-1", question_text="Beta's?")))
    for who, text in ((ALPHA, "Alpha's?"), (BETA, "Beta's?")):
        with database.unit(who) as unit:
            questions = QuestionRepository(unit).of_pack("mine")
        assert [question.question_text for question in questions.result] == [text]


def test_nobody_but_operators_writes_public_packs(database: Database) -> None:
    with database.unit(PUBLIC) as unit:
        store_pack(unit, a_pack("core", a_question("a-1"), type="system"))
    with database.unit(ALPHA) as unit:
        store_pack(unit, a_pack("core", name="Ours"))
    with database.unit(BETA) as unit:
        pack = PackRepository(unit).get("core")
    assert (pack.result.name, pack.result.question_ids) == ("Core", ["a-1"])
