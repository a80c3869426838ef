"""Network pieces made into chunks of whole samples, and an answer that is no audio told apart."""

from collections.abc import AsyncIterator, Mapping
from typing import Final

from core.providers.errors import provider_error
from core.providers.tts.port import Voice

_NOT_AUDIO: Final = ("application/json", "text/", "image/", "video/")
# Numbers take longest: "1,000,000" is half a second a character; and a pause before and after.
_LONGEST_S_PER_CHARACTER: Final = 0.3
_LONGEST_PAUSES_S: Final = 3.0


def check_audio(vendor: str, headers: Mapping[str, str]) -> None:
    """Refuse an answer that says itself that it is no audio.

    Raises: ProviderUnavailable.
    """
    kinds = [value for name, value in headers.items() if name.lower() == "content-type"]
    if any(kind.startswith(_NOT_AUDIO) for kind in kinds):
        raise provider_error(vendor, "malformed")


def longest_bytes(text: str, voice: Voice, rate: int) -> int:
    """Return how much PCM16 no vendor needs to speak `text`: one that sends more would never end."""
    seconds = _LONGEST_PAUSES_S + len(text) * _LONGEST_S_PER_CHARACTER
    return round(seconds / min(voice.speed, 1.0) * rate) * 2


async def whole_samples(vendor: str, pieces: AsyncIterator[bytes], *, most: int) -> AsyncIterator[bytes]:
    """Yield the same bytes, never half a sample at a chunk's end.

    Args:
        most: bytes after which the rest is not taken any more.
    Raises: ProviderUnavailable: no audio at all, more than `most`, half a sample at the very end, or text where audio
        should be.
    """
    rest = b""
    began = False
    taken = 0
    async for piece in pieces:
        data = rest + piece
        if not began and data[:1] == b"{" and data.rstrip()[-1:] == b"}":  # an error that came with status 200
            raise provider_error(vendor, "malformed")
        taken += len(piece)
        if taken > most:
            raise provider_error(vendor, "malformed")
        whole = len(data) & ~1
        rest = data[whole:]
        if whole:
            began = True
            yield data[:whole]
    if rest or not began:
        raise provider_error(vendor, "malformed")
