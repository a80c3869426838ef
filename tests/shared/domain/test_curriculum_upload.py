"""What an upload holds, and what it must not. The contract suite sends the same over HTTP."""

import io
import json
import zipfile

import pytest

from shared.domain.curriculum_upload import MOST_ENTRIES, MOST_MARKS, read_document, read_upload
from shared.errors import InvalidInput
from tests.support.archives import a_link, a_zip
from tests.support.umcf import PICTURE, a_document

DOCUMENT = a_document("light")
RAW = json.dumps(DOCUMENT).encode()


def test_json_is_a_document_without_files() -> None:
    upload = read_upload(RAW)
    assert (upload.document, upload.files) == (DOCUMENT, {})


@pytest.mark.parametrize("name", ["light.umcf", "light.json", "light.UMCF.json", "deep/down/curriculum.json"])
def test_an_archive_holds_a_document_and_pictures_wherever_they_are(name: str) -> None:
    entries = {name: RAW, "deep/down/assets/p.svg": PICTURE, "__MACOSX/x": b"", ".DS_Store": b"", "empty/": b""}
    upload = read_upload(a_zip(entries))
    assert (upload.document, upload.files) == (DOCUMENT, {"p.svg": PICTURE})


def refused(data: bytes) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        read_upload(data)
    return caught.value.details


def test_every_bad_entry_is_told() -> None:
    archive = a_zip({"c.json": RAW, "../a.svg": PICTURE, "/b.svg": PICTURE, "c\\d.svg": PICTURE, "run.sh": b"#!"})
    assert set(refused(archive)) == {"/..~1a.svg", "/~1b.svg", "/c\\d.svg", "/run.sh"}


def test_a_link_is_refused() -> None:
    assert refused(a_link("c.json", "/etc/passwd")) == {"/c.json": "must be a plain file, neither a link nor a device"}


def test_an_encrypted_entry_is_refused() -> None:
    # Bit 0 of the flags, in the entry's own header and in the directory.
    data = bytearray(a_zip({"c.json": RAW}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert refused(bytes(data)) == {"/c.json": "must not be encrypted"}


def test_what_is_packed_too_tightly_is_refused() -> None:
    assert "tighter than 100 to 1" in refused(a_zip({"c.json": b" " * 2_000_000}))["/c.json"]


def test_a_lie_about_the_size_is_noticed() -> None:
    data = bytearray(a_zip({"c.json": RAW + b" " * 1_000}))
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = (50).to_bytes(4, "little")
    assert refused(bytes(data))


def test_too_many_entries_are_refused_before_they_are_read() -> None:
    assert refused(a_zip({f"{at}.svg": b"" for at in range(MOST_ENTRIES + 1)})) == {"file": "at most 500 entries"}


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_bomb_in_another_packing_is_refused(compression: int) -> None:
    assert refused(a_zip({"c.json": b" " * 2_000_000}, compression=compression))


@pytest.mark.parametrize("cut", [4, 30, 200])
def test_a_broken_archive_is_refused(cut: int) -> None:
    out = io.BytesIO(a_zip({"c.json": RAW}))
    assert refused(out.getvalue()[:cut] if cut > 10 else b"PK\x03\x04")


@pytest.mark.parametrize("data", [b"", b"  \n", b"[" + b"0," * MOST_MARKS + b"0]", b"x" * (10 * 1024 * 1024 + 1)])
def test_a_document_that_would_take_too_much_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_document(data)
