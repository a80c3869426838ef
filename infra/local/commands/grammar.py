"""What the groups of commands share: how numbers, the data folder and the database are given."""

import argparse
import os
from pathlib import Path
from typing import Final, Protocol

ROOT: Final = Path(__file__).resolve().parents[3]


class Commands(Protocol):
    """Where a group puts its commands."""

    def add_parser(self, name: str, *, help: str) -> argparse.ArgumentParser:  # noqa: A002  argparse's name
        """Add one command and return what describes it."""
        ...


def add_owner(command: argparse.ArgumentParser) -> None:
    """Describe which database a command works on, as its owner."""
    command.add_argument(
        "--database-url",
        default=os.environ.get("DATABASE_URL"),
        help="of the database's owner; the embedded database unless given; also DATABASE_URL",
    )
    add_data_dir(command)


def add_data_dir(command: argparse.ArgumentParser) -> None:
    """Describe `--data-dir`."""
    default = Path(os.environ.get("UNAMENTIS_DATA_DIR") or ROOT / ".unamentis")
    told = "what is kept between starts (.unamentis); also UNAMENTIS_DATA_DIR"
    command.add_argument("--data-dir", type=Path, default=default, help=told)


def port(text: str) -> int:
    """Return a TCP port."""
    number = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= number <= 65_535:
        raise argparse.ArgumentTypeError("must be a whole number from 0 to 65535")
    return number


def whole(text: str) -> int:
    """Return a whole number above 0."""
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= 1_000_000):
        raise argparse.ArgumentTypeError("must be a whole number from 1 to 1000000")
    return int(text)
