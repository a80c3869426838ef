"""A detector that is loaded when somebody is heard and let go when nobody is."""

import asyncio
from collections.abc import Callable

from core.providers.vad.port import Decide, Ear, VoiceDetector


class RestingEar:
    """One session's ear: open while sound comes, closed when none has come for a while."""

    def __init__(self, detector: "RestingDetector", decide: Decide) -> None:
        self._detector = detector
        self._decide = decide
        self._ear: Ear | None = None
        self._now = asyncio.get_running_loop().time
        self.fed_at = self._now()

    @property
    def is_open(self) -> bool:
        """Whether it holds a place at the detector."""
        return self._ear is not None

    def feed(self, pcm: bytes) -> None:
        """Take 16 kHz PCM16; an ear that was closed begins anew."""
        self.fed_at = self._now()
        if self._ear is None:
            self._ear = self._detector.loaded().open(self._decide)
        self._ear.feed(pcm)

    def rest(self) -> None:
        """Give the place back; the next sound takes another."""
        if self._ear is not None:
            self._ear.close()
            self._ear = None

    def close(self) -> None:
        """Forget this session."""
        self.rest()
        self._detector.leave(self)


class RestingDetector:
    """The detector of a process.

    Args:
        load: makes the detector, in some 20 ms.
    """

    def __init__(self, load: Callable[[], VoiceDetector]) -> None:
        self._load = load
        self._detector: VoiceDetector | None = None
        self._ears: set[RestingEar] = set()

    @property
    def is_loaded(self) -> bool:
        """Whether the detector is in memory."""
        return self._detector is not None

    @property
    def ears(self) -> list[RestingEar]:
        """The ear of each session."""
        return list(self._ears)

    def open(self, decide: Decide) -> Ear:
        """Start listening; see VoiceDetector."""
        ear = RestingEar(self, decide)
        self._ears.add(ear)
        return ear

    def loaded(self) -> VoiceDetector:
        """Return the detector, loading it if it must be."""
        if self._detector is None:
            self._detector = self._load()
        return self._detector

    def leave(self, ear: RestingEar) -> None:
        """Forget an ear."""
        self._ears.discard(ear)

    def rest_ears(self, idle_s: float) -> None:
        """Close the ears that have heard nothing for so long."""
        now = asyncio.get_running_loop().time()
        for ear in self._ears:
            if ear.is_open and now - ear.fed_at >= idle_s:
                ear.rest()

    def unload(self) -> bool:
        """Let go of the detector unless somebody is heard; tell whether it is gone."""
        if any(ear.is_open for ear in self._ears):
            return False
        self._detector = None
        return True
