"""Zip archives of strangers, looked over before anything of them is unpacked. Pure.

Everything is bounded: a body may come from anybody who teaches somewhere, or from any server they name.
"""

import io
import stat
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, cast

from shared.domain.shapes import Problem, below, refuse
from shared.errors import InvalidInput

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

# Beyond this, what looks like text or a picture is a bomb; UMCF packs to a sixth, drawings to a tenth.
MOST_RATIO: Final = 100
LONGEST_PATH: Final = 300
SMALL: Final = 100_000  # bytes that may have any ratio
# What packers leave behind.
_RUBBISH: Final = ("__MACOSX/", ".DS_Store", "Thumbs.db", "mimetype")
_ENTRY: Final = b"PK\x01\x02"
_BEGINNINGS: Final = frozenset({b"PK\x03\x04", b"PK\x05\x06"})


def is_archive(data: bytes) -> bool:
    """Tell whether a body is a zip archive, by how it begins."""
    return data[:4] in _BEGINNINGS


def _nothing_more(_entries: "list[ZipInfo]") -> Iterator[Problem]:
    yield from ()


@contextmanager
def archive_errors() -> Generator[None]:
    """Turn what a broken archive raises into its refusal.

    Raises: InvalidInput `invalid_archive`.
    """
    from zipfile import BadZipFile, LargeZipFile  # what it brings in would slow down every start

    try:
        yield
    except (BadZipFile, LargeZipFile, NotImplementedError, EOFError, zlib.error, UnicodeDecodeError, OSError):
        raise bad_archive("a whole zip archive, stored or deflated") from None


def checked(
    data: bytes,
    *,
    most_entries: int,
    most_unpacked: int,
    wanted: Callable[["list[ZipInfo]"], Iterator[Problem]] = _nothing_more,
) -> "tuple[ZipFile, list[ZipInfo]]":
    """Return an archive with its files; what is read of them may still be broken, see archive_errors.

    Args:
        wanted: what else its reader expects of the files; told together with everything else.
    Raises: InvalidInput `invalid_archive`, or `details` that name each entry: broken, encrypted, too many entries, too
        large or too tightly packed, a path that leads outside, a link or a device.
    """
    from zipfile import ZipFile

    # Each entry of the directory begins with this mark, so counting marks bounds what opening the archive costs.
    if data.count(_ENTRY) > most_entries:
        raise bad_archive(f"at most {most_entries} entries")
    with archive_errors():
        archive = ZipFile(io.BytesIO(data))
    entries = [entry for entry in archive.infolist() if not _is_rubbish(entry.filename)]
    problems = list(_problems(entries, most_unpacked))
    told = {problem.pointer for problem in problems}
    refuse(problems + [problem for problem in wanted(entries) if problem.pointer not in told], "archive")
    return archive, entries


def pointer_of(entry: "ZipInfo") -> str:
    """Return how a problem of an entry is named."""
    return below("", entry.filename.replace("\x00", "")[:LONGEST_PATH])


def bad_archive(expected: str) -> InvalidInput:
    """Return the refusal of an archive as a whole."""
    return InvalidInput(f"the archive must be {expected}", code="invalid_archive", details={"file": expected})


def _problems(entries: "list[ZipInfo]", most_unpacked: int) -> Iterator[Problem]:
    total = 0
    for entry in entries:
        total += entry.file_size
        if expected := _entry_problem(entry) or _size_problem(entry):
            yield Problem(pointer_of(entry), expected)
    if total > most_unpacked:
        yield Problem("", f"must unpack to at most {most_unpacked} bytes")


def path_problem(path: str) -> str | None:
    """Return what is expected of a path that leads outside, or nowhere; None for one that is good."""
    parts = path.split("/")
    if path.startswith("/") or "\\" in path or ":" in path or ".." in parts or "." in parts or not path.isprintable():
        return "must be a relative path without .., backslashes and colons"
    return f"must be at most {LONGEST_PATH} characters long" if len(path) > LONGEST_PATH else None


def _entry_problem(entry: "ZipInfo") -> str | None:
    # The name as it was packed: ZipFile has cut `filename` at NUL and turned separators.
    if expected := path_problem(cast("str", getattr(entry, "orig_filename", entry.filename))):
        return expected
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in {0, stat.S_IFREG}:
        return "must be a plain file, neither a link nor a device"
    return "must not be encrypted" if entry.flag_bits & 0x1 else None


def _size_problem(entry: "ZipInfo") -> str | None:
    if entry.file_size > SMALL and entry.file_size > entry.compress_size * MOST_RATIO:
        return f"must not be packed tighter than {MOST_RATIO} to 1"
    return None


def _is_rubbish(path: str) -> bool:
    return path.endswith("/") or path.startswith(_RUBBISH[0]) or path.rpartition("/")[2] in _RUBBISH[1:]
