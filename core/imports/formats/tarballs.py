"""Tar archives packed with gzip, looked over, and repacked so that their parts can be read by path. Pure.

A tar has no directory: what is in it is known once it has been read, so it is read once, within the limits of any other
archive, and only what is wanted of it is kept.
"""

import gzip
import io
import tarfile
import zlib
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile

from core.imports.formats.packages import MOST_ENTRIES, MOST_PART, MOST_UNPACKED
from core.imports.formats.port import not_a_book
from shared.domain.archives import MOST_RATIO, SMALL, bad_archive, path_problem
from shared.domain.shapes import Problem, below, refuse
from shared.errors import InvalidInput

GZIP: Final = b"\x1f\x8b"
# What stands around a file in a tar: its header, its name where it is a long one, and what was read ahead.
_MOST_AROUND: Final = 256 * 1024
_CHUNK: Final = 64 * 1024


def repacked(body: bytes, wanted: Callable[[str], bool]) -> bytes:
    """Return the wanted files of a gzip tar as a zip archive.

    Args: wanted: tells by its path whether a file is kept.
    Raises: InvalidInput `invalid_archive`, or `details` that name the first entry that may not be: too many or too
        large, packed too tightly, a path that leads outside, a link or a device, the same twice.
    """
    out = io.BytesIO()
    with _tar_errors(), ZipFile(out, "w", ZIP_DEFLATED, compresslevel=1) as packed:
        unpacking = _Unpacking(body)
        with tarfile.open(fileobj=unpacking, mode="r|", bufsize=_CHUNK) as archive:
            _copy(archive, unpacking, packed, wanted)
        unpacking.finish()
    return out.getvalue()


class _Unpacking(io.BufferedIOBase):
    """What a gzip stream holds, for tarfile to read, and never more of it than is allowed."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self._inner = gzip.GzipFile(fileobj=io.BytesIO(body))
        self._most = min(MOST_UNPACKED, max(SMALL, MOST_RATIO * len(body)))
        self._left = _MOST_AROUND

    def read(self, size: int | None = -1, /) -> bytes:
        """Return at most so many bytes; none at the end."""
        found = self._inner.read(_CHUNK if size is None or size < 0 else min(size, _CHUNK))
        self._most -= len(found)
        self._left -= len(found)
        if self._most < 0:
            raise bad_archive(f"one that unpacks to at most {MOST_UNPACKED} bytes, {MOST_RATIO} to 1")
        if self._left < 0:
            raise bad_archive(f"one with at most {_MOST_AROUND} bytes around a file")
        return found

    def allow(self, size: int) -> None:
        """Let a file of this size be read, and what is around the next one: tarfile keeps names whole in memory."""
        self._left = size + _MOST_AROUND

    def finish(self) -> None:
        """Read to the end, which is where a stream tells that it is whole."""
        self.allow(MOST_UNPACKED)
        while self.read(_CHUNK):
            pass


def _copy(archive: tarfile.TarFile, unpacking: _Unpacking, packed: ZipFile, wanted: Callable[[str], bool]) -> None:
    seen: set[str] = set()
    while (member := archive.next()) is not None:
        path = member.name.removeprefix("./")
        if expected := _problem(member, path, seen):
            refuse([Problem(below("", path.replace("\x00", "")[:300]), expected)], "archive")
        seen.add(path)
        if len(seen) > MOST_ENTRIES:
            raise bad_archive(f"at most {MOST_ENTRIES} entries")
        unpacking.allow(member.size)
        if member.isfile() and wanted(path):
            if member.size > MOST_PART:
                raise not_a_book(f"pages of at most {MOST_PART} bytes; {path} has more", "part_too_large")
            file = archive.extractfile(member)
            packed.writestr(path, b"" if file is None else file.read())


def _problem(member: tarfile.TarInfo, path: str, seen: set[str]) -> str | None:
    if member.isdir():
        return None
    if expected := path_problem(path):
        return expected
    if not member.isfile() or member.issparse():
        return "must be a plain file, neither a link nor a device"
    return "must be there once" if path in seen else None


@contextmanager
def _tar_errors() -> Generator[None]:
    """Turn what a broken archive raises into its refusal."""
    try:
        yield
    except InvalidInput:
        raise
    except (tarfile.TarError, EOFError, zlib.error, OSError, ValueError):
        raise bad_archive("a whole tar archive, packed with gzip") from None
