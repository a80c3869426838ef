"""Every test and every item of the standard that docs/reference/security.md names is there."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "reference" / "security.md").read_text(encoding="utf-8")
# How many items each section of ASVS 5.0.0 has; 345 in all.
# Source: https://github.com/OWASP/ASVS/tree/v5.0.0_release/5.0
ITEMS = {
    1: (2, 10, 12, 3, 3),
    2: (3, 3, 5, 2),
    3: (1, 3, 5, 8, 8, 1, 5),
    4: (5, 5, 2, 4),
    5: (1, 6, 3, 3),
    6: (3, 12, 8, 6, 8, 4, 2, 4),
    7: (3, 4, 2, 5, 3, 2),
    8: (4, 4, 3, 2),
    9: (3, 4),
    10: (2, 3, 5, 16, 5, 2, 3),
    11: (4, 5, 5, 4, 2, 2, 2),
    12: (5, 2, 5),
    13: (4, 6, 4, 7),
    14: (2, 8, 3),
    15: (5, 5, 7, 4),
    16: (1, 5, 4, 3, 4),
    17: (2, 8, 2),
}
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)


def functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_named_test_exists() -> None:
    missing = [f"{path}::{name}" for path, name in NAMED if name not in functions(ROOT / path)]
    assert missing == []
    assert len(NAMED) > 30


def test_every_item_is_one_of_the_standards() -> None:
    cells = [line.split("|")[1] for line in TEXT.splitlines() if re.match(r"\| \d+\.", line)]
    named = [tuple(map(int, item)) for cell in cells for item in re.findall(r"(\d+)\.(\d+)\.(\d+)", cell)]
    wrong = [item for item in named if not _is_there(*item)]
    assert wrong == []
    assert len(named) > 50
    assert sum(sum(sections) for sections in ITEMS.values()) == 345


def _is_there(chapter: int, section: int, item: int) -> bool:
    sections = ITEMS.get(chapter, ())
    return 0 < section <= len(sections) and 0 < item <= sections[section - 1]
