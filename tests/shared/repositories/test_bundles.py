"""Bundles: what they are made of, and what they may never reach."""

import psycopg
import pytest

from shared.db import Database, TenantEntry
from shared.errors import Forbidden, InvalidInput
from shared.ids import new_id
from shared.repositories.bundles import BundleRepository
from shared.repositories.content import store_pack
from shared.repositories.pack_edits import PackEdits
from shared.repositories.packs import PackRepository
from tests.conftest import ALPHA, ALPHA_TENANT, BETA
from tests.support.packs import a_pack, a_question


def bundle(
    database: Database, pack_id: str, *sources: str, who: TenantEntry = ALPHA, by_reference: bool = True
) -> None:
    fields: dict[str, object] = {"name": pack_id, "strategy": "keep_first", "excluded": []}
    with database.unit(who) as unit:
        bundles = BundleRepository(unit)
        bundles.require_sources(sources)
        bundles.add(pack_id, fields, is_reference=by_reference)
        bundles.set_sources(pack_id, sources)
        if not by_reference:
            bundles.copy_questions(pack_id, sources, strategy="keep_first", excluded=[])


def follow(database: Database, pack_id: str, *sources: str) -> None:
    with database.unit(ALPHA) as unit:
        BundleRepository(unit).follow(pack_id, sources)


def questions(database: Database, pack_id: str, who: TenantEntry = ALPHA) -> list[str]:
    with database.unit(who) as unit:
        pack = PackRepository(unit).get(pack_id)
    assert pack.result.stats.question_count == len(pack.result.question_ids)
    return pack.result.question_ids


def test_bundles_follow_each_other_but_never_in_a_circle(database: Database) -> None:
    with database.unit(ALPHA) as unit:
        store_pack(unit, a_pack("source", a_question("a-1")))
    bundle(database, "one", "source")
    bundle(database, "two", "one")
    bundle(database, "three", "two", "source")
    assert questions(database, "three") == ["a-1"]
    for source in ("one", "two", "three"):
        with pytest.raises(InvalidInput) as caught:
            follow(database, "one", "source", source)
        assert caught.value.error_code == "bundle_of_itself"
    assert questions(database, "one") == ["a-1"]


def test_bundles_are_not_deeper_than_eight(database: Database) -> None:
    with database.unit(ALPHA) as unit:
        store_pack(unit, a_pack("b-0", a_question("a-1")))
    for depth in range(1, 9):
        bundle(database, f"b-{depth}", f"b-{depth - 1}")
    assert questions(database, "b-8") == ["a-1"]
    with pytest.raises(InvalidInput) as caught:
        bundle(database, "b-9", "b-8")
    assert caught.value.error_code == "bundle_too_deep"


def test_a_source_that_is_deleted_takes_its_questions_along(database: Database) -> None:
    with database.unit(ALPHA) as unit:
        store_pack(unit, a_pack("one", a_question("a-1")))
        store_pack(unit, a_pack("two", a_question("a-2")))
    bundle(database, "both", "one", "two")
    bundle(database, "copy", "one", "two", by_reference=False)
    with database.unit(ALPHA) as unit:
        PackEdits(unit).remove("one")
    assert (questions(database, "both"), questions(database, "copy")) == (["a-2"], ["a-1", "a-2"])


@pytest.fixture
def team(database: Database) -> TenantEntry:
    """A team of ALPHA's organisation."""
    entry = TenantEntry(new_id())
    with database.unit(entry) as unit:
        unit.run(
            """INSERT INTO tenants (tenant_id, kind, name, parent_id)
               VALUES (%(tenant_id)s, 'team', 'Team', %(parent)s)""",
            parent=ALPHA_TENANT,
        )
    return entry


def test_a_team_makes_packs_of_what_its_organisation_has(database: Database, team: TenantEntry) -> None:
    with database.unit(ALPHA) as unit:
        store_pack(unit, a_pack("school", a_question("a-1"), a_question("a-2")))
    with database.unit(team) as unit:
        store_pack(unit, a_pack("ours", a_question("t-1")))
        PackEdits(unit).add_questions("ours", ["a-2"])
    bundle(database, "all", "ours", "school", who=team, by_reference=False)
    assert questions(database, "ours", team) == ["t-1", "a-2"]
    assert questions(database, "all", team) == ["t-1", "a-2", "a-1"]
    with pytest.raises(Forbidden), database.unit(team) as unit:
        PackEdits(unit).hold("school")
    with pytest.raises(InvalidInput, match="unknown: a-1"), database.unit(BETA) as unit:
        store_pack(unit, a_pack("theirs"))
        PackEdits(unit).add_questions("theirs", ["a-1"])


def test_no_pack_holds_a_strangers_question_whoever_asks(database: Database, database_url: str) -> None:
    with database.unit(BETA) as unit:
        store_pack(unit, a_pack("theirs", a_question("b-1")))
    with database.unit(ALPHA) as unit:
        store_pack(unit, a_pack("mine"))
    with psycopg.connect(database_url) as connection:  # past row-level security
        connection.execute("SELECT app_enter(%s, NULL)", (ALPHA_TENANT,))
        with pytest.raises(psycopg.Error, match="nothing of another tenant"):
            connection.execute(
                """INSERT INTO pack_questions (tenant_id, pack_id, question_tenant_id, question_id, position)
                   VALUES (%s, 'mine', %s, 'b-1', 1)""",
                (ALPHA_TENANT, BETA.tenant_id),
            )
