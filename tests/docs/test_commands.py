"""Every `./unamentis …` in the documents is a command there is, and every page that the code sends people to exists."""

import contextlib
import io
import re
import shlex
from pathlib import Path

import pytest

from infra.local.cli import parser

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
COMMAND = re.compile(r"\./unamentis((?:[ \t]+[^`\n|&;]*)?)")
# What stands for a number.
NUMBERS = {"N": "3"}


def commands(page: Path) -> list[str]:
    """Return the arguments of every command in a page's code."""
    text = page.read_text(encoding="utf-8")
    spans = re.findall(r"`(\./unamentis[^`\n]*)`", text)
    blocks = re.findall(r"^```[^\n]*\n(.*?)^\s*```", text, re.DOTALL | re.MULTILINE)
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    return [found.strip() for code in (*spans, *lines) for found in COMMAND.findall(code.removeprefix("$ "))]


def complaint(arguments: str) -> str | None:
    """Return what the grammar has against a command."""
    words = [NUMBERS.get(word, word) for word in shlex.split(arguments, comments=True)]
    # `pytest` takes what follows these.
    if words[:1] in (["test"], ["check"]) or not words or "…" in words:
        return None
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            parser().parse_args(words)
    except SystemExit as end:
        return None if end.code == 0 else said.getvalue().strip().splitlines()[-1]
    return None


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_every_command_parses(page: Path) -> None:
    refused = {command: told for command in commands(page) if (told := complaint(command)) is not None}
    assert refused == {}


def test_a_command_that_is_none_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("Run `./unamentis mend`, then\n\n```\n./unamentis backup --too x\n```\n")
    assert [complaint(command) is None for command in commands(page)] == [False, False]
    assert sum(len(commands(page)) for page in PAGES) > 40


def test_every_page_the_code_names_exists() -> None:
    named = {
        found
        for folder in ("infra", "shared", "core", "lambda")
        for path in (ROOT / folder).rglob("*.py")
        for found in re.findall(r"docs/[\w/-]+\.md", path.read_text(encoding="utf-8"))
    }
    assert [page for page in sorted(named) if not (ROOT / page).exists()] == []


def test_every_page_of_the_documents_is_listed() -> None:
    listed = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = (ROOT / "docs").glob("*/*.md")
    assert [page.name for page in pages if f"({page.parent.name}/{page.name})" not in listed] == []


def test_every_link_between_pages_leads_somewhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []
