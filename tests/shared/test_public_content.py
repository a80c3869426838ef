from pathlib import Path

import psycopg
import pytest

from infra.local.seed import CONTENT
from shared.db import Database
from shared.errors import InvalidInput
from shared.public_content import store_public_content
from shared.repositories.curricula import CurriculumFilter, CurriculumRepository
from shared.repositories.packs import PackFilter, PackRepository
from tests.conftest import ALPHA

TABLES = ("curricula", "topics", "assets", "packs", "questions", "pack_questions", "question_domains")


def rows(url: str) -> dict[str, list[str]]:
    """Every row of the content's tables, times included."""
    with psycopg.connect(url) as connection:
        return {
            table: sorted(row[0] for row in connection.execute(f"SELECT t::text FROM {table} t".encode()))  # noqa: S608 - names of ours
            for table in TABLES
        }


def test_storing_twice_changes_nothing(database: Database, database_url: str) -> None:
    store_public_content(database, CONTENT)
    before = rows(database_url)
    assert all(before.values())
    store_public_content(database, CONTENT)
    assert rows(database_url) == before


def test_every_tenant_reads_it(database: Database) -> None:
    content = store_public_content(database, CONTENT)
    with database.unit(ALPHA) as unit:
        curricula = CurriculumRepository(unit).page(CurriculumFilter(), limit=10, offset=0)
        packs = PackRepository(unit).page(PackFilter(), limit=10, offset=0)
        lesson = CurriculumRepository(unit).lesson("light-and-colour", "why-the-sky-is-blue")
    assert len(curricula.result) == content.curricula >= 3
    assert sum(pack.stats.question_count for pack in packs.result) == content.questions >= 120
    assert lesson.result.topic_title == "Why the sky is blue"


def test_a_broken_file_is_named(database: Database, tmp_path: Path) -> None:
    (tmp_path / "curricula").mkdir()
    (tmp_path / "curricula" / "broken.umcf.json").write_text("{")
    with pytest.raises(InvalidInput, match=r"cannot read the content file .*broken.umcf.json"):
        store_public_content(database, tmp_path)
