"""Full-text search behind row-level security: it uses its index, and stays inside the tenant."""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from shared.db import Database, TenantEntry
from shared.db.runner import migrate
from shared.errors import Forbidden
from shared.ids import new_id
from shared.repositories.content import store_curriculum, store_pack
from shared.repositories.curricula import CurriculumRepository
from shared.repositories.questions import QuestionFilter, QuestionRepository
from tests.conftest import ALPHA, BETA_TENANT, with_database
from tests.support.packs import a_pack, a_question
from tests.support.umcf import a_document


def as_user(url: str, name: str) -> str:  # its password is its name
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{name}:{name}@{parts.netloc.rpartition('@')[2]}"))


def run(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def plan_of_search(url: str, role: str) -> str:
    with psycopg.connect(url) as connection:
        connection.execute("SET enable_seqscan = off")
        connection.execute(f"SET ROLE {role}".encode())
        lines: list[tuple[Any, ...]] = connection.execute(
            "EXPLAIN SELECT id FROM curricula WHERE search @@ to_tsquery('english', 'rainbow')"
        ).fetchall()
    return "\n".join(str(line[0]) for line in lines)


def test_only_the_searching_role_can_use_the_index(database_url: str) -> None:
    assert "curricula_search" in plan_of_search(database_url, "unamentis_search")
    assert "curricula_search" not in plan_of_search(database_url, "unamentis_app")


def test_questions_are_found_inside_their_tenant(database: Database, database_url: str) -> None:
    for tenant in (ALPHA, TenantEntry(BETA_TENANT)):
        with database.unit(tenant) as unit:
            store_pack(unit, a_pack("mine", a_question("q-1", question_text="Why are rainbows coloured?")))
    with database.unit(ALPHA) as unit:
        found = QuestionRepository(unit).count(QuestionFilter(search="rainbow colour"))
        begun = QuestionRepository(unit).count(QuestionFilter(search="coloured rain"))
        other = QuestionRepository(unit).count(QuestionFilter(search=f"tenant{BETA_TENANT.replace('-', '')}"))
    assert (found.result, begun.result, other.result) == (1, 1, 0)
    with pytest.raises(Forbidden), database.unit(ALPHA) as unit:
        unit.run(
            "SELECT * FROM search_questions(%(tenant)s, 'x', NULL, NULL, NULL, NULL, NULL, NULL)", tenant=BETA_TENANT
        )
    with psycopg.connect(database_url) as connection:
        connection.execute("SET enable_seqscan = off")
        connection.execute("SET ROLE unamentis_search")
        plan: list[tuple[Any, ...]] = connection.execute(
            "EXPLAIN SELECT id FROM questions WHERE search @@ typed_query('rainbow')"
        ).fetchall()
        assert "questions_search" in "".join(str(line[0]) for line in plan)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT answer_text FROM questions")


def test_the_searching_role_reads_nothing_else(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("SET ROLE unamentis_search")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT document FROM curricula")


def test_a_search_for_another_tenant_is_refused(database: Database) -> None:
    with pytest.raises(Forbidden), database.unit(ALPHA) as unit:
        unit.run("SELECT * FROM search_curricula(%(tenant)s, 'light', 10)", tenant=BETA_TENANT)


@pytest.mark.usefixtures("template_database")  # it makes the roles
def test_a_search_works_where_the_owner_is_no_superuser(postgres_url: str) -> None:
    name = f"plain_{new_id().replace('-', '')}"
    run(
        postgres_url,
        f"CREATE ROLE {name} LOGIN CREATEROLE PASSWORD '{name}'",
        f"GRANT unamentis_app, unamentis_search, unamentis_directory TO {name} WITH ADMIN OPTION",
        f"CREATE DATABASE {name} OWNER {name}",
    )
    url = as_user(with_database(postgres_url, name), name)
    opened = Database(url)
    try:
        migrate(url)
        person = TenantEntry(new_id())
        with opened.unit(person) as unit:
            unit.run("INSERT INTO tenants (tenant_id, kind, name) VALUES (%(tenant_id)s, 'team', 'Plain')")
            store_curriculum(unit, a_document("rainbows"), {})
        with opened.unit(person) as unit:
            found = CurriculumRepository(unit).suggest("a rainbow", most=10)
        with opened.unit(ALPHA) as unit:
            elsewhere = CurriculumRepository(unit).suggest("a rainbow", most=10)
        assert (found.result, elsewhere.result) == (["rainbows"], [])
    finally:
        opened.close()
        run(postgres_url, f"DROP DATABASE {name} WITH (FORCE)", f"DROP OWNED BY {name}", f"DROP ROLE {name}")
