"""What a backup says about itself: the schema it needs, and the rows and checksums of every table."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec

from shared.errors import InvalidInput

MANIFEST: Final = "manifest.json"

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=63)]
_Digest = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
_Count = Annotated[int, msgspec.Meta(ge=0)]


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A piece of a table's rows, compressed with gzip.

    Attributes:
        name: as which the backup's place keeps it. size: bytes. sha256: of the compressed bytes, in hexadecimal.
    """

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_]{1,63}\.[0-9]{6}\.gz$")]
    size: _Count
    sha256: _Digest


class TableCopy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One table.

    Attributes:
        columns: in the order of the copy; generated ones are left out.
        rows: how many. sha256: of all rows in PostgreSQL's text format, ordered by primary key.
        parts: the rows, cut at any byte.
    """

    name: _Name
    columns: tuple[_Name, ...]
    rows: _Count
    sha256: _Digest
    parts: tuple[Part, ...]


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole backup; it is stored last, so that a backup without one is unfinished.

    Attributes:
        made_at: when its snapshot was taken, in UTC.
        server: the version of PostgreSQL it was made on.
        migrations: version to SHA-256 of the migrations that made the schema.
        sequences: `table.column` to the last value of what numbers it.
        tables: parents before those that refer to them.
    """

    made_at: datetime
    server: str
    migrations: Mapping[int, _Digest]
    sequences: Mapping[str, int]
    tables: tuple[TableCopy, ...]
    format: Literal[1] = 1

    @property
    def rows(self) -> int:
        """The rows of all tables."""
        return sum(table.rows for table in self.tables)

    @property
    def size(self) -> int:
        """The bytes of all parts."""
        return sum(part.size for table in self.tables for part in table.parts)

    def encoded(self) -> bytes:
        """Return it as JSON."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1)


def read_manifest(text: bytes) -> Manifest:
    """Read what `Manifest.encoded` wrote.

    Raises: InvalidInput: it is damaged, or of a later format.
    """
    try:
        return msgspec.json.decode(text, type=Manifest)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise InvalidInput(f"the backup's manifest cannot be read: {error}") from None
