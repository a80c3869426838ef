"""docs/reference/settings.md names every setting the code reads, and no other."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAME = re.compile(r'"(UNAMENTIS_[A-Z_]+|[A-Z]+_API_KEY|[A-Z_]*DATABASE_URL)"')
# Set by the template and by `up` for the processes they start; nobody turns them.
INTERNAL = {"UNAMENTIS_STAGE"}


def read_by_the_code() -> set[str]:
    names = {"TEST_DATABASE_URL"}
    for folder in ("shared", "core", "infra", "lambda"):
        for path in (ROOT / folder).rglob("*.py"):
            names |= set(NAME.findall(path.read_text(encoding="utf-8")))
    return names - INTERNAL


def documented() -> set[str]:
    text = (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}


def test_every_setting_is_documented_and_exists() -> None:
    assert documented() == read_by_the_code()
