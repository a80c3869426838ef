"""The object store on disk, in memory, on S3, R2 or MinIO: one adapter, because obstore is one API."""

import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, MemoryStore, S3Store

from shared.errors import InvalidInput, NotFound, Unavailable
from shared.storage.port import Stored

if TYPE_CHECKING:  # these exist for type checkers only
    from obstore.store import ClientConfig, RetryConfig, S3Config

_LONGEST_KEY: Final = 900
_RETRIES: Final["RetryConfig"] = {"max_retries": 2, "retry_timeout": timedelta(seconds=10)}
# Every part is made of letters, digits and `._-=+@`, and is not made of dots alone.
_KEY: Final = re.compile(r"(?:(?!\.+(?:/|$))[A-Za-z0-9._=+@-]{1,200})(?:/(?!\.+(?:/|$))[A-Za-z0-9._=+@-]{1,200})*")
_EXPECTED: Final = "file:///folder, memory:// or s3://bucket/prefix?endpoint=https://host&region=name"


class Objects:
    """An `ObjectStore` over one place, opened by `open_objects`."""

    def __init__(self, store: LocalStore | MemoryStore | S3Store) -> None:
        self._store = store

    def put(self, key: str, data: bytes) -> None:
        """Store `data`, replacing what was there; on disk by way of a temporary file and a rename."""
        with store_errors(key):
            obstore.put(self._store, _valid(key), data)

    def get(self, key: str) -> bytes:
        """Return the bytes under `key`."""
        with store_errors(key):
            return bytes(obstore.get(self._store, _valid(key)).bytes())

    def delete(self, key: str) -> None:
        """Remove `key`; removing what is not there is no error."""
        try:
            with store_errors(key):
                obstore.delete(self._store, _valid(key))
        except NotFound:
            return

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys below the folder `prefix`; the empty prefix is everything."""
        for entry in self.entries(prefix):
            yield entry.key

    def entries(self, prefix: str) -> Iterator[Stored]:
        """Yield what is stored below the folder `prefix`; the empty prefix is everything."""
        folder = _valid(prefix.rstrip("/")) if prefix else None
        with store_errors(prefix):
            pages = obstore.list(self._store, folder)  # pyright: ignore[reportUnknownMemberType]  (pyarrow's, not ours)
            for page in pages:
                for found in page:
                    yield Stored(found["path"], found["size"], found["last_modified"])


def open_objects(url: str) -> Objects:
    """Open the store a URL names; see open_place."""
    return Objects(open_place(url))


def open_place(url: str) -> LocalStore | MemoryStore | S3Store:
    """Open the place a URL names, for whoever reads keys that are not ours.

    Args:
        url: `file:///folder` (made when missing), `memory://` (gone with the process), or `s3://bucket/prefix` with
            `?endpoint=` for R2 and MinIO and `&region=`; keys come from AWS's own variables and roles, or from
            `s3://key:secret@bucket`.
    Raises: InvalidInput: no such kind of store. Unavailable: the folder cannot be made.
    """
    parts = urlsplit(url)
    if parts.scheme == "memory":
        return MemoryStore()
    if parts.scheme == "file" and parts.path not in {"", "/"} and not parts.netloc:
        return _local(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.hostname:
        return _s3(url)
    raise InvalidInput(f"the object store's URL must be {_EXPECTED}", details={"url": _EXPECTED})


def _local(folder: Path) -> LocalStore:
    with store_errors(str(folder)):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return LocalStore(folder, automatic_cleanup=True)


def _s3(url: str) -> S3Store:
    parts = urlsplit(url)
    options = {name: values[0] for name, values in parse_qs(parts.query).items()}
    endpoint = options.get("endpoint")
    prefix = parts.path.strip("/") or None
    # A bucket's name may hold capitals at some servers; urlsplit's hostname would lower them.
    bucket = parts.netloc.rpartition("@")[2]
    config: S3Config = {
        "region": options.get("region", "us-east-1"),
        "virtual_hosted_style_request": endpoint is None,
        "disable_bulk_delete": True,
    }
    if endpoint is not None:
        config["endpoint"] = endpoint
    if parts.username and parts.password:
        config["access_key_id"] = unquote(parts.username)
        config["secret_access_key"] = unquote(parts.password)
    http: ClientConfig = {
        "allow_http": bool(endpoint and endpoint.startswith("http://")),
        "timeout": timedelta(seconds=20),
    }
    with store_errors(bucket):
        return S3Store(bucket, prefix=prefix, config=config, client_options=http, retry_config=_RETRIES)


def _valid(key: str) -> str:
    """Return the key.

    Raises: InvalidInput: it is empty, too long, or has a part that is empty, made of dots or of other signs.
    """
    if len(key) > _LONGEST_KEY or not _KEY.fullmatch(key):
        expected = "parts of letters, digits and ._=+@- separated by /, none of them empty or .."
        raise InvalidInput(f"an object's key must be {expected}", details={"key": expected})
    return key


@contextmanager
def store_errors(key: str) -> Generator[None]:
    """Turn the store's exceptions into ours; the address of the store stays out of the message."""
    try:
        yield
    except FileNotFoundError as exc:
        raise NotFound(f"object {key} not found") from exc
    except (BaseError, OSError) as exc:
        raise Unavailable("the object store does not answer or is full") from exc
