"""Writing packs: kept counts stay exact whatever happens at once."""

import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from shared.db import PUBLIC_TENANT, Database, TenantEntry, Unit
from shared.errors import Forbidden, NotFound
from shared.repositories.content import store_pack
from shared.repositories.modules import ModuleRepository
from shared.repositories.pack_edits import PackEdits
from shared.repositories.question_edits import QuestionEdits
from tests.conftest import ALPHA, ALPHA_TENANT, BETA
from tests.support.packs import a_pack, a_question

PUBLIC = TenantEntry(PUBLIC_TENANT)


def assert_counts_are_exact(database_url: str) -> None:
    """Compare what is kept with what is there, past row-level security."""
    with psycopg.connect(database_url) as connection:
        connection.execute("SELECT app_enter(%s, NULL)", (ALPHA_TENANT,))
        rows = connection.execute(
            """SELECT id, cells, linked_cells(tenant_id, id, true), shown_cells(p), pack_cells(tenant_id, id)
               FROM packs p"""
        ).fetchall()
    assert rows
    assert [(name, kept) for name, kept, counted, _, _ in rows if kept != counted] == []

    def total(cells: list[dict[str, Any]]) -> int:
        return sum(cell["questions"] for cell in cells)

    assert [(name, total(shown)) for name, _, _, shown, now in rows if total(shown) != total(now)] == []


def test_counts_follow_every_change(database: Database, database_url: str) -> None:
    with database.unit(PUBLIC) as unit:
        store_pack(unit, a_pack("core", a_question("p-1"), a_question("p-2"), type="system"))
    with database.unit(ALPHA) as unit:
        store_pack(unit, a_pack("one", a_question("a-1"), a_question("a-2")))
        store_pack(unit, a_pack("two", a_question("a-2", difficulty=5)))
    changes: tuple[Callable[[Unit], object], ...] = (
        lambda unit: PackEdits(unit).add_questions("one", ["p-1"]),
        lambda unit: QuestionEdits(unit).change(["a-1", "a-2"], {"difficulty": 4, "domain_id": "arts"}),
        lambda unit: ModuleRepository(unit).put_into("two", domains=None, difficulties=None),
        lambda unit: PackEdits(unit).copy("one", "three", name=None),
        lambda unit: PackEdits(unit).remove_question("one", "a-1"),
        lambda unit: QuestionEdits(unit).put_into("a-1", ["two", "three"], only=True),
        lambda unit: QuestionEdits(unit).remove("a-2"),
        lambda unit: PackEdits(unit).remove("two"),
    )
    for change in changes:
        with database.unit(ALPHA) as unit:
            change(unit)
        assert_counts_are_exact(database_url)
    with database.unit(PUBLIC) as unit:
        QuestionEdits(unit).remove("p-1")
    assert_counts_are_exact(database_url)


def test_counts_are_exact_after_many_changed_at_once(database: Database, database_url: str) -> None:
    with database.unit(ALPHA) as unit:
        for pack in range(3):
            store_pack(unit, a_pack(f"pack-{pack}", *(a_question(f"q-{at}") for at in range(6))))

    def work(worker: int) -> None:
        for at in range(8):
            with database.unit(ALPHA) as unit:
                _one_change(unit, worker, at)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert_counts_are_exact(database_url)


def _one_change(unit: Unit, worker: int, at: int) -> None:
    pack, question = f"pack-{(worker + at) % 3}", f"q-{at % 6}"
    match worker:
        case 0:
            QuestionEdits(unit).change([question], {"difficulty": at % 5 + 1})
        case 1:
            PackEdits(unit).hold(pack)
            PackEdits(unit).add_questions(pack, [question])
        case 2:
            QuestionEdits(unit).put_into(question, [pack], only=True)
        case _:
            QuestionEdits(unit).change([question], {"domain_id": f"domain-{at}"})


def test_nobody_holds_anothers_pack(database: Database) -> None:
    with database.unit(PUBLIC) as unit:
        store_pack(unit, a_pack("core", type="system"))
    with database.unit(ALPHA) as unit:
        store_pack(unit, a_pack("mine"))
    with pytest.raises(NotFound), database.unit(BETA) as unit:
        PackEdits(unit).hold("mine")
    with pytest.raises(Forbidden), database.unit(ALPHA) as unit:
        PackEdits(unit).hold("core")
    with pytest.raises(Forbidden), database.unit(PUBLIC) as unit:
        PackEdits(unit).hold("core")
        PackEdits(unit).remove("core")


def test_only_operators_make_system_packs(database: Database) -> None:
    with pytest.raises(Forbidden), database.unit(ALPHA) as unit:
        PackEdits(unit).add("x", {"name": "X", "type": "system"})
    with database.unit(PUBLIC) as unit:
        PackEdits(unit).add("x", {"name": "X", "type": "system"})
