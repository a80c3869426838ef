"""Release notes are the changelog's."""

import pytest

from infra.release_notes import CHANGELOG, notes

TEXT = """# Changelog

## Unreleased

### Added
- Not yet.

## 1.2.0 - 2026-11-30

### Fixed
- A thing.

## [1.1.0]

- Older.

## 1.0.0
"""


def test_a_versions_section_is_its_notes() -> None:
    assert notes(TEXT, "1.2.0") == "### Fixed\n- A thing.\n"
    assert notes(TEXT, "1.1.0") == "- Older.\n"


@pytest.mark.parametrize("version", ["1.2", "1.2.0.1", "2.0.0", "1.0.0", "1x2.0"])
def test_a_version_without_notes_is_no_release(version: str) -> None:
    with pytest.raises(ValueError, match="has no section"):
        notes(TEXT, version)


def test_our_changelog_is_written_that_way() -> None:
    assert "### Added" in notes(CHANGELOG.read_text(encoding="utf-8"), "Unreleased")
