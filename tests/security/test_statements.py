"""Reads every SQL statement of the repositories: each binds the tenant, or says why it crosses tenants."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REPOSITORIES = ROOT / "shared" / "repositories"
# A call of a SQL function that reads the tenant from the unit's settings may say this instead.
BY_SETTING = "-- for the tenant_id that entered"
# The unit's methods that take SQL, and which argument it is.
TAKES_SQL = {"one": 1, "maybe": 1, "all": 1, "value": 1, "run": 0}


def assigned(body: list[ast.stmt], known: Mapping[str, str]) -> dict[str, str]:
    """Return the texts that names have at the end of some statements."""
    texts = dict(known)
    for node in body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            targets, value = [node.target.id], node.value
        elif isinstance(node, ast.Assign):
            targets, value = [t.id for t in node.targets if isinstance(t, ast.Name)], node.value
        else:
            continue
        text = text_of(value, texts)
        texts.update({target: text for target in targets if text is not None})
    return texts


def text_of(node: ast.expr, known: Mapping[str, str]) -> str | None:
    """Return the text of a literal, a known name or a sum of them; None for anything made at run time."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name):
            return known.get(name)
        case ast.Call(func=ast.Name(id="KeepPlan"), args=[sql]):
            return text_of(sql, known)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            first, second = text_of(left, known), text_of(right, known)
            return None if first is None or second is None else first + second
        case ast.IfExp(body=body, orelse=orelse):
            one, other = text_of(body, known), text_of(orelse, known)
            return None if one is None or other is None else min(one, other, key=lambda sql: "tenant_id" in sql)
        case _:
            return None


def is_unit(node: ast.expr) -> bool:
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return name.lstrip("_") == "unit"


def statements(source: str) -> Iterator[tuple[int, str | None]]:
    """Yield the line and the text of each statement a module gives to a unit of work."""
    module = ast.parse(source)
    top = assigned(module.body, {})
    functions = [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    for scope in functions:
        inside = [node for node in ast.walk(scope) if isinstance(node, ast.stmt)]
        known = assigned(inside, top)
        for node in ast.walk(scope):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and is_unit(node.func.value):
                position = TAKES_SQL.get(node.func.attr)
                if position is not None:
                    yield node.lineno, text_of(node.args[position], known) if len(node.args) > position else None


def problem(sql: str | None) -> str | None:
    """Return what is wrong with a statement."""
    if sql is None:
        return "the SQL is not spelled out where it can be read"
    if "-- cross-tenant: " in sql or BY_SETTING in sql:
        return None
    if "tenant_id" not in sql:
        return "no tenant_id"
    if "%(tenant_id)s" not in sql and "%(readable)s" not in sql:
        return "the unit's tenant is not bound: %(tenant_id)s or %(readable)s"
    return None


def test_every_statement_binds_the_tenant() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {wrong}"
        for path in sorted(REPOSITORIES.rglob("*.py"))
        for line, sql in statements(path.read_text(encoding="utf-8"))
        if (wrong := problem(sql))
    ]
    assert found == []


def test_the_repositories_are_really_read() -> None:
    count = sum(len(list(statements(path.read_text(encoding="utf-8")))) for path in REPOSITORIES.rglob("*.py"))
    assert count >= 50


def test_no_sql_outside_the_repositories() -> None:
    elsewhere = [
        path
        for folder in ("core", "infra", "lambda", "shared")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if REPOSITORIES not in path.parents and ROOT / "shared" / "db" not in path.parents
    ]
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in elsewhere
        for line, _ in statements(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ('unit.run("DELETE FROM packs")', "no tenant_id"),
        ('unit.run("SELECT tenant_id FROM packs")', "the unit's tenant is not bound: %(tenant_id)s or %(readable)s"),
        ('unit.run(f"SELECT {x}")', "the SQL is not spelled out where it can be read"),
        ('unit.run("SELECT 1 -- cross-tenant: nothing is read")', None),
        ('sql = "SELECT 1 "\n    self._unit.one(A, sql + "WHERE tenant_id = %(tenant_id)s")', None),
        ('self._unit.all(A, "SELECT 1" + UNKNOWN)', "the SQL is not spelled out where it can be read"),
    ],
)
def test_the_reader_sees_what_it_should(body: str, wrong: str | None) -> None:
    ((_, sql),) = statements(f"def method(self, unit):\n    {body}\n")
    assert problem(sql) == wrong
