import io
from collections.abc import Iterator
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pytest

from shared.domain.archives import archive_errors, checked, is_archive, pointer_of
from shared.domain.shapes import Problem
from shared.errors import InvalidInput


def zipped(*entries: tuple[str | ZipInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name, body in entries:
            archive.writestr(name, body)
    return out.getvalue()


def a_link(name: str) -> ZipInfo:
    entry = ZipInfo(name)
    entry.external_attr = 0o120777 << 16
    return entry


def test_a_good_archive_is_opened_without_what_packers_leave() -> None:
    body = zipped(("a/b.txt", b"x"), ("__MACOSX/a", b""), ("a/", b""), ("mimetype", b""))
    assert is_archive(body)
    archive, entries = checked(body, most_entries=10, most_unpacked=10)
    assert [(entry.filename, archive.read(entry)) for entry in entries] == [("a/b.txt", b"x")]


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("/etc/passwd", "relative path"),
        ("../a", "relative path"),
        ("a/../b", "relative path"),
        ("c:a", "relative path"),
        ("a" * 301, "characters long"),
        (a_link("a"), "plain file"),
    ],
)
def test_a_bad_entry_is_named(entry: str | ZipInfo, told: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked(zipped((entry, b"x")), most_entries=10, most_unpacked=10)
    assert told in str(refused.value.details)


def test_bombs_are_refused_before_they_are_unpacked() -> None:
    bomb = zipped(("a", bytes(10_000_000)))
    with pytest.raises(InvalidInput, match="tighter"):
        checked(bomb, most_entries=10, most_unpacked=1 << 30)
    many = zipped(*((f"{at}", b"") for at in range(11)))
    with pytest.raises(InvalidInput, match="at most 10 entries"):
        checked(many, most_entries=10, most_unpacked=10)
    with pytest.raises(InvalidInput, match="unpack to at most 1 bytes"):
        checked(zipped(("a", b"xx")), most_entries=10, most_unpacked=1)


def test_what_its_reader_wants_is_told_beside() -> None:
    def no_text(entries: list[ZipInfo]) -> Iterator[Problem]:
        yield from (Problem(pointer_of(entry), "must not be text") for entry in entries)

    with pytest.raises(InvalidInput) as refused:
        checked(zipped(("a.txt", b""), ("../b", b"")), most_entries=10, most_unpacked=10, wanted=no_text)
    assert refused.value.details == {
        "/a.txt": "must not be text",
        "/..~1b": "must be a relative path without .., backslashes and colons",
    }


def test_what_breaks_later_is_told_too() -> None:
    body = zipped(("a", b"hello, hello, hello, hello"))
    archive, (entry,) = checked(body[:35] + b"\xff\xff" + body[37:], most_entries=1, most_unpacked=99)
    with pytest.raises(InvalidInput, match="whole zip"), archive_errors():
        archive.read(entry)


def test_half_an_archive_is_none() -> None:
    body = zipped(("a", b"x"))
    with pytest.raises(InvalidInput, match="whole zip"):
        checked(body[: len(body) // 2], most_entries=10, most_unpacked=10)
