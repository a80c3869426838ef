"""Tables for spreadsheets (RFC 4180)."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from shared.api.reply import Reply

# What makes a spreadsheet take a cell for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def csv_reply(columns: Sequence[str], rows: Iterable[Sequence[object]], name: str) -> Reply:
    """Return a table as a file to download; text that a spreadsheet would run gets an apostrophe before it."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_harmless(value) for value in row] for row in rows)
    headers = {"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": f'attachment; filename="{name}"'}
    return Reply(text.getvalue().encode(), headers=headers)


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
