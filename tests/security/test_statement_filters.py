"""Parses every SQL statement of the repositories: each table it reads or changes is held to its own tenant.

Row-level security would hide a forgotten filter, so this is the test that notices one.
"""

import re
from collections.abc import Iterator
from typing import cast

import pytest
from sqlglot import exp, parse_one

from tests.security.test_statements import BY_SETTING, REPOSITORIES, ROOT, statements

# Tables that are nobody's: prices, caps of the deployment, what PostgreSQL keeps.
SHARED = {"price_book", "deployment_budgets", "deployment_spending", "tenant_limits"}


def within(node: exp.Expr) -> Iterator[exp.Expr]:
    """Walk a node without entering the subqueries inside it."""
    yield node
    for child in node.iter_expressions():
        if not isinstance(child, exp.Query):
            yield from within(child)


def sources_of(query: exp.Expr) -> list[exp.Expr]:
    """Return every node of the places where a SELECT, UPDATE or DELETE names tables and joins itself."""
    places: list[object] = [query.args.get(name) for name in ("from_", "from", "using", "joins", "laterals")]
    if isinstance(query, exp.Update | exp.Delete):
        places.append(query.this)
    nodes: list[object] = []
    for place in places:
        nodes += cast("list[object]", place) if isinstance(place, list) else [place]
    return [inner for node in nodes if isinstance(node, exp.Expr) for inner in within(node)]


def filters_of(query: exp.Expr, sources: list[exp.Expr]) -> set[str]:
    """Return the aliases whose tenant_id a query's own conditions name; "" where none is named."""
    joins = [node for node in sources if isinstance(node, exp.Join)]
    conditions: list[object] = [query.args.get("where"), *(join.args.get("on") for join in joins)]
    return {
        column.table
        for condition in conditions
        if isinstance(condition, exp.Expr)
        for column in within(condition)
        if isinstance(column, exp.Column) and column.name == "tenant_id"
    }


def unfiltered(sql: str) -> list[str]:
    """Return the tables a statement touches without naming their tenant."""
    tree = parse_one(re.sub(r"%\((\w+)\)s", r":\1", sql), dialect="postgres")
    own = {cte.alias for cte in tree.find_all(exp.CTE)} | SHARED
    found: list[str] = []
    for query in tree.find_all(exp.Select, exp.Update, exp.Delete):
        sources = sources_of(query)
        tables = [t for t in sources if isinstance(t, exp.Table) and isinstance(t.this, exp.Identifier)]
        tables = [table for table in tables if table.name not in own and not table.name.startswith("pg_")]
        filters = filters_of(query, sources)
        alone = len(tables) == 1 and "" in filters
        found += [table.name for table in tables if table.alias_or_name not in filters and not alone]
    for insert in tree.find_all(exp.Insert):
        columns = insert.this.expressions if isinstance(insert.this, exp.Schema) else []
        if not any(column.name == "tenant_id" for column in columns):
            found += [table.name for table in insert.this.find_all(exp.Table)]
    return found


def test_every_table_of_every_statement_is_held_to_its_tenant() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {table} without a filter on its tenant_id"
        for path in sorted(REPOSITORIES.rglob("*.py"))
        for line, sql in statements(path.read_text(encoding="utf-8"))
        if sql and "-- cross-tenant: " not in sql and BY_SETTING not in sql
        for table in unfiltered(sql)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("SELECT 1 FROM packs WHERE tenant_id = %(tenant_id)s", []),
        ("SELECT tenant_id FROM packs WHERE id = %(id)s AND %(tenant_id)s IS NOT NULL", ["packs"]),
        ("SELECT 1 FROM packs p JOIN questions q ON q.pack = p.id WHERE p.tenant_id = %(tenant_id)s", ["questions"]),
        (
            "SELECT 1 FROM packs p JOIN questions q ON q.tenant_id = p.tenant_id WHERE p.tenant_id = ANY(%(readable)s)",
            [],
        ),
        ("UPDATE packs SET n = (SELECT count(*) FROM turns) WHERE tenant_id = %(tenant_id)s", ["turns"]),
        ("DELETE FROM packs WHERE id = %(id)s", ["packs"]),
        ("INSERT INTO packs (id) VALUES (%(id)s)", ["packs"]),
        ("INSERT INTO packs (tenant_id, n) SELECT %(tenant_id)s, count(*) FROM turns", ["turns"]),
        ("SELECT 1 FROM packs WHERE EXISTS (SELECT FROM turns t WHERE t.tenant_id = %(tenant_id)s)", ["packs"]),
        ("WITH own AS (SELECT 1 FROM packs WHERE tenant_id = %(tenant_id)s) SELECT 1 FROM own", []),
        ("SELECT * FROM find_sign_in(%(email)s)", []),
    ],
)
def test_what_is_noticed(sql: str, tables: list[str]) -> None:
    assert unfiltered(sql) == tables
