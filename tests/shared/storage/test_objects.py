"""Every kind of object store passes the same tests; S3 is spoken to servers of this machine."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from shared.clock import utc_now
from shared.errors import InvalidInput, NotFound, Unavailable
from shared.ids import new_id
from shared.storage.objects import Objects, open_objects
from tests.vendors.aws import aws_server, objects_url
from tests.vendors.s3 import s3_server

KEY = "tenants/0190aaaa-0000-7000-8000-00000000000a/speech/ab12.pcm"


@pytest.fixture(scope="module")
def amazon() -> Iterator[str]:
    with aws_server() as url:
        yield url


@pytest.fixture(params=["memory", "disk", "s3", "amazon"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Objects]:
    if request.param == "memory":
        yield open_objects("memory://")
    elif request.param == "disk":
        yield open_objects(f"file://{tmp_path / 'made' / 'here'}")
    elif request.param == "amazon":
        yield open_objects(objects_url(request.getfixturevalue("amazon"), f"bucket-{new_id()}"))
    else:
        with s3_server() as server:
            yield open_objects(f"s3://key:secret@bucket/below?endpoint={server.url}")


def test_what_was_put_is_got(store: Objects) -> None:
    store.put(KEY, b"\x00\x01" * 1000)
    assert store.get(KEY) == b"\x00\x01" * 1000


def test_nothing_is_a_value_too(store: Objects) -> None:
    store.put(KEY, b"")
    assert store.get(KEY) == b""


def test_putting_again_replaces(store: Objects) -> None:
    store.put(KEY, b"a long first version")
    store.put(KEY, b"short")
    assert store.get(KEY) == b"short"


def test_what_is_not_there_is_not_found(store: Objects) -> None:
    with pytest.raises(NotFound):
        store.get(KEY)


def test_deleting_twice_is_no_error(store: Objects) -> None:
    store.put(KEY, b"x")
    store.delete(KEY)
    store.delete(KEY)
    with pytest.raises(NotFound):
        store.get(KEY)


def test_keys_lists_one_folder(store: Objects) -> None:
    store.put("tenants/a/speech/1.pcm", b"1")
    store.put("tenants/a/speech/deep/2.pcm", b"2")
    store.put("tenants/ab/speech/3.pcm", b"3")
    assert sorted(store.keys("tenants/a")) == ["tenants/a/speech/1.pcm", "tenants/a/speech/deep/2.pcm"]
    assert sorted(store.keys("tenants/a/")) == sorted(store.keys("tenants/a"))
    assert len(list(store.keys(""))) == 3
    assert list(store.keys("tenants/nobody")) == []


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/",
        "a//b",
        "/a",
        "a/",
        "..",
        "a/../b",
        "a/./b",
        "a/...",
        "a\\b",
        "a b",
        "a\nb",
        "\u00e9",
        "a" * 901,
        "%2e%2e",
    ],
)
def test_a_malformed_key_is_refused(store: Objects, key: str) -> None:
    for operation in (store.get, store.delete):
        with pytest.raises(InvalidInput):
            operation(key)
    with pytest.raises(InvalidInput):
        store.put(key, b"x")


def test_what_is_on_disk_is_still_there_when_opened_again(tmp_path: Path) -> None:
    open_objects(f"file://{tmp_path}").put(KEY, b"kept")
    assert open_objects(f"file://{tmp_path}").get(KEY) == b"kept"


def test_a_folder_with_spaces_is_opened(tmp_path: Path) -> None:
    open_objects(f"file://{tmp_path}/my%20data").put("a", b"1")
    assert (tmp_path / "my data" / "a").read_bytes() == b"1"


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Unavailable):
        open_objects(f"file://{tmp_path / 'file' / 'folder'}")


@pytest.mark.parametrize("url", ["", "ftp://x", "file://", "file:///", "file://host/x", "s3://", "/var/lib"])
def test_an_unknown_kind_of_store_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        open_objects(url)


def test_s3_requests_are_signed_and_stay_below_their_prefix() -> None:
    with s3_server() as server:
        open_objects(f"s3://key:secret@bucket/below?endpoint={server.url}").put(KEY, b"x")
        assert server.signed == 1
        assert list(server.objects) == [f"/bucket/below/{KEY}"]


def test_a_store_that_fails_is_unavailable_and_keeps_its_secret() -> None:
    with s3_server() as server:
        server.failing = True
        store = open_objects(f"s3://key:secret@bucket?endpoint={server.url}")
        with pytest.raises(Unavailable) as caught:
            store.put(KEY, b"x")
    assert "secret" not in str(caught.value)
    assert server.url not in str(caught.value)


def test_a_store_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        open_objects("s3://key:secret@bucket?endpoint=http://127.0.0.1:9").get(KEY)


def test_entries_tell_size_and_age(store: Objects) -> None:
    store.put(KEY, b"12345")
    store.put("tenants/other/speech/x.pcm", b"1")
    (entry,) = store.entries(KEY.rpartition("/")[0])
    assert (entry.key, entry.size) == (KEY, 5)
    assert entry.stored_at < utc_now() + timedelta(minutes=1)
