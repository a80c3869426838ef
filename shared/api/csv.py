"""Tables for spreadsheets (RFC 4180)."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Final

from shared.api.events import HttpRequest
from shared.api.reply import Reply

# What makes a spreadsheet take a cell for a formula; a text that looks protected already gets one apostrophe more, so
# that taking one away gives back every text.
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")


class CsvReply(Reply, frozen=True):
    """A table as a file to download."""


def wants_csv(http: HttpRequest, named: str | None) -> bool:
    """Tell whether a request wants the table: `format` of its query decides, else whether it accepts nothing but CSV.

    Args: named: "csv", "json", or None where the query has none.
    """
    accepted = {kind.partition(";")[0].strip().lower() for kind in http.headers.get("accept", "").split(",")}
    return named == "csv" if named else accepted == {"text/csv"}


def csv_reply(columns: Sequence[str], rows: Iterable[Sequence[object]], name: str) -> CsvReply:
    """Return a table as a file to download; text that a spreadsheet would run gets an apostrophe before it."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_harmless(value) for value in row] for row in rows)
    headers = {"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": f'attachment; filename="{name}"'}
    return CsvReply(text.getvalue().encode(), headers=headers)


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value
