"""Speech and language vendors, each behind a small port in our own words."""

import asyncio

import msgspec

from core.providers.llm.port import LanguageModel
from core.providers.stt.port import SpeechToText
from core.providers.tts.port import TextToSpeech


class Providers(msgspec.Struct, frozen=True):
    """The vendors one process speaks through, chosen once at its start.

    Attributes:
        cheaper_tts: speaks where the budget no longer allows `tts`; None: nobody does.
    """

    stt: SpeechToText
    llm: LanguageModel
    tts: TextToSpeech
    cheaper_tts: TextToSpeech | None = None

    async def close(self) -> None:
        """Release every vendor's connections and processes, all of them even when one fails.

        Raises: the first failure, after all were asked.
        """
        vendors = (self.stt, self.llm, self.tts, *([self.cheaper_tts] if self.cheaper_tts else []))
        outcomes = await asyncio.gather(*(vendor.close() for vendor in vendors), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
