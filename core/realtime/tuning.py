"""The deployment's model and voice as one Realtime session wants them."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from msgspec import structs

from core.metering.port import Metering, Purse
from core.pipeline.conversations import Visit
from core.pipeline.equipment import Equipment
from core.pipeline.notices import Notice
from core.providers import Providers
from core.providers.llm.port import LanguageModel, Message, ModelUsage, Prompt, Token
from core.providers.streams import closing
from core.providers.tts.port import TextToSpeech, Voice
from core.realtime.settings import RealtimeSettings
from shared.auth.caller import Caller

_OPENAI_VOICES: Final = frozenset(
    ("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar", "fable", "onyx", "nova")
)


class TunedModel:
    """The model, told what the client wants of it.

    Attributes:
        instructions: what it is told beside the deployment's own.
        max_tokens: of an answer; None: the deployment's.
        usage: of the last answer; None when it did not come to its end.
        cut_short: the last answer was as long as it may be.
    """

    def __init__(self, llm: LanguageModel) -> None:
        self._llm = llm
        self.name, self.model = llm.name, llm.model
        self.instructions: tuple[str, ...] = ()
        self.max_tokens: int | None = None
        self.temperature: float | None = None
        self.usage: ModelUsage | None = None
        self.cut_short = False

    async def reply(self, prompt: Prompt) -> AsyncIterator[Token | ModelUsage]:
        """Answer; see LanguageModel. A vendor that does not keep to the longest answer is stopped at it."""
        self.usage, self.cut_short = None, False
        system, *said = prompt.messages
        told = "\n\n".join((system.content, *self.instructions))
        most = self.max_tokens or prompt.max_tokens
        tuned = structs.replace(
            prompt, messages=(Message("system", told), *said), max_tokens=most, temperature=self.temperature
        )
        tokens = 0
        async with closing(self._llm.reply(tuned)) as items:
            async for item in items:
                if isinstance(item, ModelUsage):
                    self.usage = item
                    self.cut_short = item.output_tokens >= most
                elif tokens == most:
                    self.cut_short = True
                    return
                else:
                    tokens += 1
                yield item

    async def close(self) -> None:
        """Nothing: the model belongs to the process."""


class TunedVoice:
    """The voice the client chose, or none.

    Attributes:
        aloud: False: answers are text; nothing is made and nothing paid.
        name: the vendor's voice; empty: the deployment's.
    """

    def __init__(self, tts: TextToSpeech) -> None:
        self._tts = tts
        self.name, self.model = tts.name, tts.model
        self.sample_rate = tts.sample_rate
        self.aloud = True
        self.voice = ""
        self.speed = 1.0

    async def speak(self, text: str, *, voice: Voice) -> AsyncIterator[bytes]:
        """Speak; see TextToSpeech."""
        if not self.aloud:
            return
        chosen = Voice(self.voice or voice.name, self.speed * voice.speed, voice.language)
        async with closing(self._tts.speak(text, voice=chosen)) as audio:
            async for chunk in audio:
                yield chunk

    async def close(self) -> None:
        """Nothing: the voice belongs to the process."""


@dataclass(slots=True)
class Tuning:
    """Puts both between a session and its hired vendors; they are there once the session is made."""

    model: TunedModel | None = None
    voice: TunedVoice | None = None

    def equip(self, equipment: Equipment) -> Equipment:
        """Return the equipment for one session."""

        def speech(caller: Caller, tts: TextToSpeech) -> TextToSpeech:
            self.voice = TunedVoice(equipment.speech(caller, tts))
            return self.voice

        return structs.replace(equipment, metering=_TunedMetering(equipment.metering, self), speech=speech)

    def apply(self, settings: RealtimeSettings, told: Sequence[str] = ()) -> None:
        """Answer from now on as the settings say.

        Args: told: what the model is told beside the settings' own instructions.
        """
        if self.model is not None and self.voice is not None:
            instructions = (settings.instructions, *told)
            self.model.instructions = tuple(text for text in instructions if text)
            self.model.max_tokens, self.model.temperature = settings.max_tokens, settings.temperature
            self.voice.aloud = settings.modality == "audio"
            self.voice.voice, self.voice.speed = voice_name(settings.voice, self.voice.name), settings.speed


def voice_name(asked: str, vendor: str) -> str:
    """Return the vendor's name of a voice; OpenAI's own names are another vendor's usual voice."""
    return "" if asked == "default" or (asked in _OPENAI_VOICES and vendor != "openai") else asked


class _TunedMetering:
    def __init__(self, metering: Metering, tuning: Tuning) -> None:
        self._metering = metering
        self._tuning = tuning

    def open(self, visit: Visit, tell: Callable[[Notice], None]) -> Purse:
        """Open a purse; see Metering."""
        return _TunedPurse(self._metering.open(visit, tell), self._tuning)


class _TunedPurse:
    def __init__(self, purse: Purse, tuning: Tuning) -> None:
        self._purse = purse
        self._tuning = tuning

    def hire(self, providers: Providers) -> Providers:
        """Hire the vendors and put the tuning before the model."""
        hired = self._purse.hire(providers)
        model = self._tuning.model = TunedModel(hired.llm)
        return Providers(hired.stt, model, hired.tts)

    def close(self) -> None:
        """Give back what was not spent."""
        self._purse.close()
