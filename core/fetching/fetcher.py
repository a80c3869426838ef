"""One file from a stranger's server, within limits of size, time and tightness."""

import asyncio
import hashlib
import socket
import ssl
import threading
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Final, TypeVar

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from core.fetching.names import Names
from core.fetching.rules import Address, Refused, Rule, Target, check_address, check_url
from shared.errors import Unavailable

Result = TypeVar("Result")

MOST_REDIRECTS: Final = 5
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_CHUNK: Final = 65_536
# The same bytes again and again pack a thousand to one; no text or archive does.
_MOST_RATIO: Final = 100
_SMALL: Final = 100_000


class Limits(msgspec.Struct, frozen=True):
    """Of one file: its bytes once unpacked, and the seconds for all of it.

    Attributes:
        at_once: files that are fetched at the same time, by all of the fetcher's callers in whatever threads.
    """

    size: int = 32 * 1024 * 1024
    seconds: float = 60.0
    connect_seconds: float = 10.0
    at_once: int = 100


class Fetched(msgspec.Struct, frozen=True):
    """A file.

    Attributes:
        url: where it was in the end.
        revision: changes when the file does: the hex of its SHA-256.
    """

    url: str
    body: bytes
    revision: str


class Fetcher:
    """Fetches files for strangers.

    Args:
        vouched: servers an operator vouches for, as (IP address, port): they may be asked although their addresses are
            a private network's.
    """

    def __init__(
        self, names: Names, *, vouched: frozenset[tuple[str, int]] = frozenset(), limits: Limits | None = None
    ) -> None:
        self._names = names
        self._vouched = vouched
        self._limits = limits or Limits()
        self._room = threading.BoundedSemaphore(self._limits.at_once)

    async def fetch(self, url: str) -> Fetched:
        """Return the file at an address.

        Raises: Refused: by one of the rules. Nothing is ever run, and nothing sent but the request. Unavailable
            `too_many_fetches`: others are being fetched.
        """
        with self._one_more():
            return await self._in_time(self._follow(url))

    async def check(self, url: str) -> None:
        """Check an address and where its name leads, without asking its server anything.

        Raises: Refused.
        """
        await self._in_time(self._resolved(check_url(url)))

    @contextmanager
    def _one_more(self) -> Generator[None]:
        if not self._room.acquire(blocking=False):
            raise Unavailable("other files are being fetched: try again in a moment", code="too_many_fetches")
        try:
            yield
        finally:
            self._room.release()

    async def _in_time(self, work: Awaitable[Result]) -> Result:
        try:
            async with asyncio.timeout(self._limits.seconds):
                return await work
        except TimeoutError:
            raise Refused(Rule.TIME) from None

    async def _follow(self, url: str) -> Fetched:
        for _ in range(MOST_REDIRECTS + 1):
            target = check_url(url)
            addresses = await self._resolved(target)
            async with self._asked(target, addresses) as answer:
                if answer.status in _REDIRECTS:
                    url = _next(target.url, answer)
                    continue
                if answer.status != 200:
                    raise Refused(Rule.STATUS)
                body = await self._body(answer)
            return Fetched(str(target.url), body, hashlib.sha256(body).hexdigest())
        raise Refused(Rule.REDIRECTS)

    async def _resolved(self, target: Target) -> list[Address]:
        """Return the addresses of a target, all of them harmless: one that is not spoils the name."""
        if target.literal is not None:
            return [check_address(str(target.literal), target.port, self._is_vouched)]
        found = await self._names.addresses(target.host)
        if not found:
            raise Refused(Rule.NO_ADDRESS)
        return [check_address(address, target.port, self._is_vouched) for address in found]

    def _is_vouched(self, address: Address, port: int) -> bool:
        return (str(address), port) in self._vouched

    @asynccontextmanager
    async def _asked(self, target: Target, addresses: list[Address]) -> AsyncGenerator[aiohttp.ClientResponse]:
        """Ask one server, at an address that was checked: the name is not looked up again."""
        connector = aiohttp.TCPConnector(resolver=_Pinned(addresses), use_dns_cache=False, force_close=True)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=self._limits.connect_seconds)
        async with aiohttp.ClientSession(
            connector=connector,
            timeout=timeout,
            auto_decompress=False,
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "UnaMentis-Import", "Accept-Encoding": "gzip, deflate", "Accept": "*/*"},
        ) as session:
            try:
                async with session.get(target.url, allow_redirects=False) as answer:
                    yield answer
            except (aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError):
                raise Refused(Rule.CUT_SHORT) from None
            except (aiohttp.ClientError, OSError, ssl.SSLError, ValueError):
                raise Refused(Rule.UNREACHABLE) from None

    async def _body(self, answer: aiohttp.ClientResponse) -> bytes:
        if (answer.content_length or 0) > self._limits.size:
            raise Refused(Rule.SIZE)
        body = bytearray()
        async for piece in _unpacked(answer):
            body += piece
            if len(body) > self._limits.size:
                raise Refused(Rule.SIZE)
        return bytes(body)


class _Pinned(AbstractResolver):
    """Answers what was checked, so that a name that changes its mind between two questions gains nothing."""

    def __init__(self, addresses: list[Address]) -> None:
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        del family
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in self._addresses
        ]

    async def close(self) -> None:
        """Nothing is held."""


def _next(here: URL, answer: aiohttp.ClientResponse) -> str:
    """Return where an answer redirects to."""
    location = answer.headers.get("Location", "")
    if not location:
        raise Refused(Rule.STATUS)
    # A whole address is checked as it was written; a parser would make harmless-looking text of some.
    if "://" in location:
        return location
    try:
        return str(here.join(URL(location)))
    except ValueError:
        raise Refused(Rule.MALFORMED) from None


async def _unpacked(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """Yield a body without its content encoding, never more at once than a chunk."""
    encoding = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding in {"", "identity"}:
        async for chunk in answer.content.iter_chunked(_CHUNK):
            yield chunk
        return
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        raise Refused(Rule.ENCODING)
    # 32 added: the header tells zlib from gzip.
    packer = zlib.decompressobj(zlib.MAX_WBITS | 32)
    packed = plain = 0
    try:
        async for chunk in answer.content.iter_chunked(_CHUNK):
            packed += len(chunk)
            rest = chunk
            while rest and not packer.eof:
                piece = packer.decompress(rest, _CHUNK)
                rest = packer.unconsumed_tail
                plain += len(piece)
                if plain > _SMALL and plain > packed * _MOST_RATIO:
                    raise Refused(Rule.RATIO)
                yield piece
    except zlib.error:
        raise Refused(Rule.ENCODING) from None
    if not packer.eof:
        raise Refused(Rule.CUT_SHORT)
