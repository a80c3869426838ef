"""Network pieces made into chunks of whole samples, and an answer that is no audio told apart."""

from collections.abc import AsyncIterator

from core.providers.errors import provider_error


async def whole_samples(vendor: str, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the same bytes, never half a sample at a chunk's end.

    Raises: ProviderUnavailable: no audio at all, half a sample at the very end, or text where audio should be.
    """
    rest = b""
    began = False
    async for piece in pieces:
        data = rest + piece
        if not began and data[:1] == b"{" and data.rstrip()[-1:] == b"}":  # an error that came with status 200
            raise provider_error(vendor, "malformed")
        whole = len(data) & ~1
        rest = data[whole:]
        if whole:
            began = True
            yield data[:whole]
    if rest or not began:
        raise provider_error(vendor, "malformed")
