"""Pieces of an answer on their way to its sound, one after the other."""

import asyncio
from typing import Final

from core.observability.moments import Moments
from core.observability.record import StageName
from core.pipeline.beat import rest
from core.pipeline.patience import patiently
from core.pipeline.prepared import Prepared
from core.pipeline.resampling import Resampler
from core.pipeline.speaker import Speaker
from core.pipeline.talk import Talk
from core.pipeline.thinking import Thinking
from core.providers.tts.port import TextToSpeech
from core.voice.sentences import Piece
from shared.errors import AppError, BudgetExhausted

# A voice is much faster than a listener, its chunks are short, and to wake for each of them costs more than the sound.
# With so much made ahead, they are gathered to this length, with a rest after it, and wherever one had to be waited
# for, in which the next ones become ready. With a little made ahead they are passed on, and the rest is short. A voice
# that has nothing ready after a rest works only while it is waited for, and is not left alone in that sentence again.
_ENOUGH_S: Final = 1.5
_GATHERED_S: Final = 0.6
_REST_S: Final = 0.1
_LITTLE_S: Final = 0.5
_SHORT_REST_S: Final = 0.03
_WAITED_S: Final = 0.002


class Synthesis:
    """Fills a speaker's buffer.

    Args:
        source: whose pieces are spoken.
        moments: is told how long the first sound takes.

    Attributes:
        first_sound_ms: how long the first sound took; 0: there was none yet.
    """

    def __init__(self, talk: Talk, source: Thinking | Prepared, speaker: Speaker, moments: Moments) -> None:
        self._talk = talk
        self._source = source
        self._speaker = speaker
        self._moments = moments
        self._resampler = Resampler(talk.tts.sample_rate, talk.rate)
        self._most_gathered = round(_GATHERED_S * talk.tts.sample_rate) * 2
        self._gathered: list[bytes] = []
        self._gathered_bytes = 0
        self._made = 0  # samples, at the listener's rate
        self._now = asyncio.get_running_loop().time
        self._enough_until = 0.0  # nobody hears faster than time goes
        self._ready_at = 0.0
        self._rested = False
        self._works_alone = True
        self.first_sound_ms = 0

    async def run(self, released: asyncio.Event) -> None:
        """Make the sound of each piece; only of the first one before the turn is surely over.

        Raises: ProviderUnavailable: the voice failed; what was made before it is still heard.
        """
        buffer = self._speaker.buffer
        spoken = False
        try:
            while (piece := await self._source.pieces.get()) is not None:
                if spoken:
                    await released.wait()
                buffer.begin(piece.text)
                spoken = spoken or bool(piece.speech)
                await self._say(piece)
            await self._put(self._resampler.finish())
        finally:
            buffer.finish()

    async def _say(self, piece: Piece) -> None:
        if not piece.speech:
            return
        talk = self._talk
        if talk.device_speech:
            self._hand_over(piece)
            return
        begin = self._now()
        self._moments.begin(StageName.TTS, begin)
        self._rested, self._works_alone = False, True
        sound = self._voice().speak(piece.speech, voice=talk.voice)
        failure: AppError | None = None
        try:
            async for pcm in patiently(sound, seconds=talk.equipment.settings.tts_s, vendor=talk.tts.name):
                if not self.first_sound_ms:
                    self._sounds(begin)
                await self._take(pcm)
        except AppError as error:
            failure = error
        await self._pass_on()
        if isinstance(failure, BudgetExhausted):
            # There is no money for this sentence's sound; its words go on, and later sentences may be known already.
            self._hand_over(piece)
        elif failure is not None:
            raise failure

    async def _take(self, pcm: bytes) -> None:
        """Take a chunk as the voice made it."""
        self._gathered.append(pcm)
        self._gathered_bytes += len(pcm)
        now = self._now()
        waited = now - self._ready_at > _WAITED_S
        if waited and self._rested:
            self._works_alone = False
        rest_s = _REST_S
        if now >= self._enough_until:
            ahead = self._ahead(now)
            self._enough_until = now + ahead - _ENOUGH_S
            if ahead < _ENOUGH_S:
                rest_s = _SHORT_REST_S if ahead > _LITTLE_S else 0.0
        full = self._gathered_bytes >= self._most_gathered
        if full or rest_s < _REST_S:
            await self._pass_on()
        self._rested = bool(rest_s) and (full or (waited and self._works_alone))
        if self._rested:
            await rest(rest_s)
        self._ready_at = self._now()

    def _ahead(self, now: float) -> float:
        """Return how long the listener has sound without what comes next."""
        playback = self._speaker.playback
        return (self._made - playback.sent) / playback.rate + playback.ahead(now)

    async def _pass_on(self) -> None:
        """Hand what was gathered to the speaker."""
        gathered = b"".join(self._gathered)
        self._gathered.clear()
        self._gathered_bytes = 0
        if gathered:
            await self._put(self._resampler.feed(gathered))

    async def _put(self, pcm: bytes) -> None:
        self._made += len(pcm) // 2
        await self._speaker.buffer.put(pcm)

    def _voice(self) -> TextToSpeech:
        tts = self._talk.tts
        return self._source.voiced(tts) if isinstance(self._source, Prepared) else tts

    def _sounds(self, begin: float) -> None:
        now = self._now()
        self.first_sound_ms = max(1, round((now - begin) * 1000))
        self._moments.end(StageName.TTS, now)

    def _hand_over(self, piece: Piece) -> None:
        skip_ms = self._source.offset_ms if isinstance(self._source, Prepared) else 0
        self._speaker.hand_over(piece.speech, speed=self._talk.voice.speed, skip_ms=skip_ms)
