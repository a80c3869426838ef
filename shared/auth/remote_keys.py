"""Somebody else's signing keys: a JSON Web Key Set fetched over HTTP, kept, and fetched again only now and then."""

import threading
import time
import urllib.request
from collections.abc import Callable
from typing import Any, Final
from urllib.error import URLError

import jwt
import msgspec

from shared.errors import Unauthenticated, Unavailable

FRESH_S: Final = 3600.0
# An attacker's made-up key ids must not turn us into a load on the key server.
REFETCH_S: Final = 60.0
# Nor must everybody wait for a server that did not answer a moment ago.
RETRY_S: Final = 5.0
TIMEOUT_S: Final = 3.0
LARGEST_SET: Final = 1 << 17


def _opener() -> urllib.request.OpenerDirector:
    """Return what fetches from where the operator said, and from nowhere that place sends us."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPErrorProcessor,
    ):
        opener.add_handler(handler())
    return opener


class RemoteKeys:
    """The keys one issuer publishes.

    Args:
        url: of its key set; http or https.
        clock: seconds that never go back.
    """

    def __init__(self, url: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        if not url.startswith(("https://", "http://")):
            raise ValueError("a key set's URL must be http or https")
        self._url = url
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched: float | None = None
        self._failed: float | None = None
        self._opener = _opener()

    def key(self, key_id: str) -> jwt.PyJWK:
        """Return the key of this id, fetching the set when it is old or the id is new.

        Raises: Unauthenticated: there is no such key. Unavailable: no set has ever been fetched, and none can be now.
        """
        with self._lock:
            age = None if self._fetched is None else self._clock() - self._fetched
            if age is None or age > FRESH_S or (key_id not in self._keys and age > REFETCH_S):
                self._fetch()
            if (found := self._keys.get(key_id)) is None:
                raise Unauthenticated("the token is not valid")
            return found

    def _fetch(self) -> None:
        if self._failed is not None and self._clock() - self._failed < RETRY_S:
            raise Unavailable("the identity provider's keys cannot be read; try again")
        try:
            with self._opener.open(self._url, timeout=TIMEOUT_S) as answer:
                raw: dict[str, Any] = msgspec.json.decode(answer.read(LARGEST_SET))
            keys = {key.key_id: key for key in jwt.PyJWKSet.from_dict(raw).keys if key.key_id}
        except (URLError, OSError, msgspec.DecodeError, jwt.PyJWTError, AttributeError, KeyError, TypeError) as exc:
            if self._fetched is None:
                self._failed = self._clock()
                raise Unavailable("the identity provider's keys cannot be read; try again") from exc
            # The keys we hold stay good until new ones can be read.
            self._fetched = self._clock()
            return
        self._keys = keys
        self._failed = None
        self._fetched = self._clock()
