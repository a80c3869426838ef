"""Speech and language vendors, each behind a small port in our own words."""

import asyncio
from dataclasses import dataclass

from core.providers.llm.port import LanguageModel
from core.providers.stt.port import SpeechToText
from core.providers.tts.port import TextToSpeech


@dataclass(frozen=True, slots=True)
class Providers:
    """The vendors one process speaks through, chosen once at its start."""

    stt: SpeechToText
    llm: LanguageModel
    tts: TextToSpeech

    async def close(self) -> None:
        """Release every vendor's connections and processes, all three even when one fails.

        Raises: the first failure, after all were asked.
        """
        closings = (self.stt.close(), self.llm.close(), self.tts.close())
        outcomes = await asyncio.gather(*closings, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
