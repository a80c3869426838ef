"""Sound as Realtime clients send and play it: PCM16 at 24 kHz, or G.711 at 8 kHz, mono."""

from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from core.pipeline.resampling import Resampler
from core.realtime.refusals import refused

Format = Literal["audio/pcm", "audio/pcmu", "audio/pcma"]
RATES: Final[dict[Format, int]] = {"audio/pcm": 24_000, "audio/pcmu": 8_000, "audio/pcma": 8_000}
_HEARD_AT: Final = 16_000
_CLIP: Final = 32_635
_BIAS: Final = 0x84


def _mu_law_decoded() -> NDArray[np.int16]:
    """Return what each µ-law byte stands for.

    Source: ITU-T G.711, table 2; the bits are sent inverted.
    """
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    magnitude = (((code & 0x0F) << 3) + _BIAS) << ((code & 0x70) >> 4)
    return np.where(code & 0x80, _BIAS - magnitude, magnitude - _BIAS).astype(np.int16)


def _a_law_decoded() -> NDArray[np.int16]:
    """Return what each A-law byte stands for.

    Source: ITU-T G.711, table 1; even bits are sent inverted.
    """
    code = np.arange(256, dtype=np.int32) ^ 0x55
    segment, mantissa = (code & 0x70) >> 4, (code & 0x0F) << 4
    magnitude = np.where(segment == 0, mantissa + 8, (mantissa + 0x108) << np.maximum(segment - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


def _encoded(decoded: NDArray[np.int16]) -> NDArray[np.uint8]:
    """Return the byte nearest to each of the 65,536 samples, counted from -32,768."""
    order = np.argsort(decoded, kind="stable")
    values = decoded[order].astype(np.int32)
    samples = np.clip(np.arange(-32_768, 32_768, dtype=np.int32), -_CLIP, _CLIP)
    above = np.clip(np.searchsorted(values, samples), 1, 255)
    nearer = np.where(samples - values[above - 1] <= values[above] - samples, above - 1, above)
    return order[nearer].astype(np.uint8)


_DECODED: Final = {"audio/pcmu": _mu_law_decoded(), "audio/pcma": _a_law_decoded()}
_ENCODED: Final = {name: _encoded(table) for name, table in _DECODED.items()}


class Microphone:
    """Turns what a client sends into what the session hears: PCM16 at 16 kHz, piece by piece."""

    def __init__(self, form: Format) -> None:
        self._table = _DECODED.get(form)
        self._rate = RATES[form]
        self._resampler = Resampler(self._rate, _HEARD_AT)

    def feed(self, data: bytes) -> bytes:
        """Return what is ready of a piece; it may be nothing.

        Raises: InvalidInput `invalid_audio`: half a sample.
        """
        if self._table is not None:
            return self._resampler.feed(self._table[np.frombuffer(data, np.uint8)].tobytes())
        if len(data) % 2:
            raise refused("invalid_audio", "Invalid value: 'audio'. Expected whole 16-bit samples.", "audio")
        return self._resampler.feed(data)

    def flush(self) -> bytes:
        """Return what was held back of the pieces so far; those that follow are another utterance's."""
        rest, self._resampler = self._resampler.finish(), Resampler(self._rate, _HEARD_AT)
        return rest


def encode(pcm: bytes, form: Format) -> bytes:
    """Return PCM16 of the format's own rate as the format has it."""
    table = _ENCODED.get(form)
    if table is None:
        return pcm
    return table[np.frombuffer(pcm, np.int16).astype(np.int32) + 32_768].tobytes()
