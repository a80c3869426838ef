"""Answers of vendors that are read by their SDKs, of no more than so many bytes."""

from collections.abc import AsyncIterator, Awaitable, Callable

import httpx2


class TooLong(ValueError):
    """The vendor sent more than any answer has."""


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, source: AsyncIterator[bytes], close: Callable[[], Awaitable[None]], most: int) -> None:
        self._source = source
        self._close = close
        self._left = most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._source:
            self._left -= len(piece)
            if self._left < 0:
                raise TooLong
            yield piece

    async def aclose(self) -> None:
        await self._close()


def bounded(most: int) -> Callable[[httpx2.Response], Awaitable[None]]:
    """Return a hook for a client's responses: reading one further than `most` bytes raises TooLong, a ValueError.

    An SDK reads an error's body, or a line of an event stream, to its end, and it may have none.
    """

    async def bound(response: httpx2.Response) -> None:
        source = response.stream
        if isinstance(source, httpx2.AsyncByteStream):
            response.stream = _Bounded(aiter(source), source.aclose, most)

    return bound
