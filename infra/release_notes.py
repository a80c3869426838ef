"""Prints what CHANGELOG.md says about a release: python -m infra.release_notes 1.2.3 > notes.md."""

import re
import sys
from pathlib import Path
from typing import Final

CHANGELOG: Final = Path(__file__).resolve().parents[1] / "CHANGELOG.md"


def notes(changelog: str, version: str) -> str:
    """Return the section of a version, without its heading.

    Raises: ValueError: the changelog has no such section, or nothing in it.
    """
    heading = rf"^## \[?{re.escape(version)}\]?(?: .*)?$"
    parts = re.split(r"(?m)^(?=## )", changelog)
    for part in parts:
        first, _, rest = part.partition("\n")
        if re.match(heading, first) and rest.strip():
            return rest.strip() + "\n"
    raise ValueError(f"CHANGELOG.md has no section for {version}: write it before the tag")


def main(arguments: list[str]) -> int:
    """Print the notes of the one version given; return the exit status."""
    try:
        (version,) = arguments
        sys.stdout.write(notes(CHANGELOG.read_text(encoding="utf-8"), version))
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
