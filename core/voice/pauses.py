"""The pauses one speaker makes inside utterances. Time is counted in samples."""

from collections import deque
from typing import Final

# So many of the latest pauses are remembered.
_REMEMBERED: Final = 24
# Before so many were heard, nothing is concluded.
_ENOUGH: Final = 5
# All but one in ten pauses are shorter than the usual longest.
_QUANTILE: Final = 0.9


class Pauses:
    """Remembers a speaker's latest pauses."""

    __slots__ = ("_lengths", "_longest")

    def __init__(self) -> None:
        self._lengths: deque[int] = deque(maxlen=_REMEMBERED)
        self._longest = 0

    def add(self, samples: int) -> None:
        """Note a pause after which the speaker went on."""
        self._lengths.append(samples)
        known = sorted(self._lengths)
        self._longest = known[round(_QUANTILE * (len(known) - 1))] if len(known) >= _ENOUGH else 0

    @property
    def usual_longest(self) -> int:
        """Samples that nine of ten pauses do not exceed; 0 while too few were heard."""
        return self._longest
