"""Rate conversion of a stream of speech."""

import numpy as np
import soxr


class Resampler:
    """Turns PCM16 mono of one rate into another, chunk by chunk.

    Quality LQ holds back 6 ms; better ones up to 38 ms, which the listener would wait for.
    """

    def __init__(self, source: int, target: int) -> None:
        self._stream = None if source == target else soxr.ResampleStream(source, target, 1, dtype="int16", quality="LQ")

    def feed(self, pcm: bytes) -> bytes:
        """Return what is ready; it may be nothing."""
        if self._stream is None:
            return pcm
        return self._stream.resample_chunk(np.frombuffer(pcm, np.int16)).tobytes()

    def finish(self) -> bytes:
        """Return the rest; nothing may be fed afterwards."""
        if self._stream is None:
            return b""
        return self._stream.resample_chunk(np.zeros(0, np.int16), last=True).tobytes()
