"""A tar of a stranger's is read once, within limits, and nothing of it is ever written to a disk."""

import gzip
import io
import struct
import tarfile
import tracemalloc
import zlib
from collections.abc import Callable
from zipfile import ZipFile

import pytest

from core.imports.formats.packages import MOST_ENTRIES, MOST_PART, MOST_UNPACKED
from core.imports.formats.tarballs import repacked
from shared.errors import InvalidInput
from tests.support.books import tarball


def everything(_path: str) -> bool:
    return True


def refused(body: bytes, wanted: Callable[[str], bool] = everything) -> str:
    with pytest.raises(InvalidInput) as error:
        repacked(body, wanted)
    return f"{error.value.error_code} {error.value.details}"


def of_one(**changes: object) -> bytes:
    """Return a tar with one entry that is not what it should be."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        member = tarfile.TarInfo("a.xml")
        for name, value in changes.items():
            setattr(member, name, value)
        archive.addfile(member)
    return gzipped(out.getvalue())


def gzipped(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)


def header(name: bytes, kind: bytes, size: int) -> bytes:
    """Return the header of an entry, however large it says it is."""
    block = bytearray(512)
    block[: len(name)] = name
    block[124:136] = struct.pack(">BxxxQ", 0x80, size)
    block[156:157] = kind
    block[257:265] = b"ustar\x0000"
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\x00 " % sum(block)
    return bytes(block)


def test_what_is_wanted_is_kept_and_nothing_else() -> None:
    files = {"a.xml": "<a/>", "b.bin": b"\x00" * 1_000, "folder/" + "long/" * 40 + "c.xml": "c", "\u00e9.xml": "e"}
    with ZipFile(io.BytesIO(repacked(tarball(files), lambda path: path.endswith(".xml")))) as archive:
        found = {name: archive.read(name).decode() for name in archive.namelist()}
    assert found == {path: body for path, body in files.items() if path.endswith(".xml")}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        pytest.param(of_one(name="../a.xml"), "relative path", id="a path up"),
        pytest.param(of_one(name="/etc/passwd"), "relative path", id="a path from the root"),
        pytest.param(of_one(name="a\\b.xml"), "relative path", id="backslashes"),
        pytest.param(of_one(name="a" * 301), "at most 300 characters", id="a long path"),
        pytest.param(of_one(type=tarfile.SYMTYPE, linkname="/etc/passwd"), "a plain file", id="a symbolic link"),
        pytest.param(of_one(type=tarfile.LNKTYPE, linkname="b"), "a plain file", id="a hard link"),
        pytest.param(of_one(type=tarfile.CHRTYPE), "a plain file", id="a device"),
        pytest.param(of_one(type=tarfile.FIFOTYPE), "a plain file", id="a pipe"),
        pytest.param(of_one(type=tarfile.GNUTYPE_SPARSE), "a plain file", id="a sparse file"),
        pytest.param(tarball({"./a.xml": "1", "a.xml": "2"}), "there once", id="twice"),
        pytest.param(b"\x1f\x8b\x08", "a whole tar archive", id="no gzip"),
        pytest.param(gzipped(b"no tar at all, but packed"), "a whole tar archive", id="no tar"),
        pytest.param(tarball({"a.xml": "x" * 2_000})[:-40], "a whole tar archive", id="cut short"),
        pytest.param(
            gzipped(header(b"a.xml", b"0", MOST_PART + 1) + b"\x00" * 1024),
            "part_too_large",
            id="a part that is not there",
        ),
        pytest.param(gzipped(header(b"a.xml", b"0", 2**63)), "part_too_large", id="a part without an end"),
    ],
)
def test_what_is_hostile_or_broken_is_refused(body: bytes, told: str) -> None:
    assert told in refused(body)


def test_too_many_or_too_large_files_are_refused() -> None:
    assert f"at most {MOST_ENTRIES} entries" in refused(tarball(dict.fromkeys(map(str, range(MOST_ENTRIES + 1)), "")))
    assert "part_too_large" in refused(tarball({"big.xml": bytes(range(256)) * (MOST_PART // 256 + 1)}))


def squeezed(head: bytes, size: int) -> bytes:
    """Return so many zeros behind a header, packed as tightly as can be."""
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    zeros = b"\x00" * 1_048_576
    pieces = [packer.compress(head), *(packer.compress(zeros) for _ in range(size // len(zeros))), packer.flush()]
    return b"".join(pieces)


@pytest.mark.parametrize(
    "head",
    [
        header(b"big.bin", b"0", MOST_UNPACKED),
        header(b"././@LongLink", b"L", MOST_UNPACKED),
        header(b"pax", b"x", MOST_UNPACKED),
    ],
)
def test_a_bomb_is_noticed_before_it_is_in_memory(head: bytes) -> None:
    body = squeezed(head, 64 * 1_048_576)
    tracemalloc.start()
    try:
        assert "invalid_archive" in refused(body, lambda path: path.endswith(".xml"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * 1_048_576
