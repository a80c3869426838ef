"""Speech in the formats clients ask for. The only place that calls libsndfile, through soundfile."""

import hashlib
import io
import threading
from collections import OrderedDict
from typing import Final, Literal

import msgspec
import numpy as np
import soundfile

from core.speech.formats import resample, to_wav

Format = Literal["wav", "mp3", "opus", "pcm"]


class Encoding(msgspec.Struct, frozen=True):
    """A format: its media type, and the sample rates it can hold (None: every one)."""

    media_type: str
    rates: tuple[int, ...] | None = None
    container: tuple[str, str] | None = None


ENCODINGS: Final[dict[Format, Encoding]] = {
    "wav": Encoding("audio/wav"),
    "pcm": Encoding("audio/L16"),
    "mp3": Encoding("audio/mpeg", (16_000, 22_050, 24_000, 32_000, 44_100, 48_000), ("MP3", "MPEG_LAYER_III")),
    "opus": Encoding("audio/ogg", (16_000, 24_000, 48_000), ("OGG", "OPUS")),
}


class Encoded(msgspec.Struct, frozen=True):
    """A clip ready to be sent.

    Attributes:
        rate: samples a second.
        media_type: of RFC 9110; of bare samples it says their rate.
    """

    data: bytes
    rate: int
    media_type: str


class Encoder:
    """Encodes, and remembers what took long: a clip that is asked for again costs a look-up.

    What it remembers is named by the samples themselves, so that a clip stored anew is encoded anew. For any threads.

    Args: memory_bytes: bound of what it remembers.
    """

    def __init__(self, *, memory_bytes: int = 16 * 1024 * 1024) -> None:
        self._most = memory_bytes
        self._known: OrderedDict[tuple[bytes, int, int, Format], Encoded] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def encode(self, pcm: bytes, rate: int, form: Format, *, at: int | None = None) -> Encoded:
        """Return PCM16 mono in another format; as `encode`.

        Args: at: samples a second wanted; None: as they are.
        """
        wanted = rate if at is None else at
        if wanted == rate and ENCODINGS[form].container is None:
            return encode(pcm, rate, form)
        key = (hashlib.blake2b(pcm, digest_size=16).digest(), rate, wanted, form)
        with self._lock:
            found = self._known.get(key)
            if found is not None:
                self._known.move_to_end(key)
                return found
        made = encode(resample(pcm, rate, wanted), wanted, form)
        with self._lock:
            if key not in self._known:
                self._known[key] = made
                self._bytes += len(made.data)
            while self._bytes > self._most:
                self._bytes -= len(self._known.popitem(last=False)[1].data)
        return made


def encode(pcm: bytes, rate: int, form: Format) -> Encoded:
    """Return PCM16 mono in another format, at the nearest rate above that the format can hold.

    Args: form: "wav", "mp3" (about 32 kbit/s), "opus" (in Ogg), or "pcm": the samples alone, little-endian.
    """
    encoding = ENCODINGS[form]
    if encoding.container is None:
        data = to_wav(pcm, rate) if form == "wav" else pcm
        return Encoded(data, rate, encoding.media_type if form == "wav" else f"{encoding.media_type};rate={rate}")
    rates = encoding.rates or (rate,)
    fitting = next((each for each in rates if each >= rate), rates[-1])
    container, subtype = encoding.container
    file = io.BytesIO()
    samples = np.frombuffer(resample(pcm, rate, fitting), "<i2")
    soundfile.write(file, samples, fitting, format=container, subtype=subtype)
    return Encoded(file.getvalue(), fitting, encoding.media_type)
