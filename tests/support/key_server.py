"""An identity provider on loopback: publishes a key set and signs tokens."""

import json
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm


def _no_keys() -> dict[str, rsa.RSAPrivateKey]:
    return {}


@cache
def _key(key_id: str) -> rsa.RSAPrivateKey:
    """Make one key per id and test run: they are dear."""
    del key_id
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(slots=True)
class KeyServer:
    """Signs with any of its keys, published or not.

    Attributes:
        url: of the key set. published: ids in the set. fetches: how often it was read. broken: answers 500 from now on.
        moved_to: sends whoever reads there.
    """

    url: str = ""
    keys: dict[str, rsa.RSAPrivateKey] = field(default_factory=_no_keys)
    published: list[str] = field(default_factory=list[str])
    fetches: int = 0
    broken: bool = False
    moved_to: str = ""

    def add_key(self, key_id: str) -> None:
        """Make a key and publish it."""
        self.keys[key_id] = _key(key_id)
        self.published.append(key_id)

    def sign(self, claims: dict[str, Any], key_id: str, **header: str) -> str:
        """Return a token that expires in five minutes unless the claims say otherwise."""
        now = int(time.time())
        payload = {"iat": now, "exp": now + 300, **claims}
        return jwt.encode(payload, self.keys[key_id], "RS256", headers={"kid": key_id, **header})

    def key_set(self) -> bytes:
        """Return the published keys as JSON."""
        keys = [json.loads(RSAAlgorithm.to_jwk(self.keys[k].public_key())) | {"kid": k} for k in self.published]
        return json.dumps({"keys": keys}).encode()


@contextmanager
def key_server() -> Generator[KeyServer]:
    """Serve keys until the block ends."""
    state = KeyServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.fetches += 1
            body = b"" if state.broken else state.key_set()
            self.send_response(500 if state.broken else 302 if state.moved_to else 200)
            if state.moved_to:
                self.send_header("Location", state.moved_to)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    state.url = f"http://127.0.0.1:{server.server_port}/certs"
    yield state
    server.shutdown()
    server.server_close()
