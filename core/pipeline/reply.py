"""One exchange: the learner's words, the tutor's answer, and what was heard of it.

A reply works in silence until it is released, and leaves no trace when it is discarded before that. Its stages run
side by side: think (tokens into pieces), speak (pieces into sound), play (sound to the listener), keep (progress
stored). A vendor that fails ends its own stage; what was made before it is still heard.
"""

import asyncio

from msgspec import structs

from core.observability.moments import Moments
from core.observability.record import StageName
from core.pipeline.asking import Ask, Cut, Outcome
from core.pipeline.keeping import Keeping
from core.pipeline.notices import (
    Answer,
    AnswerResumed,
    Heard,
    Interrupted,
    Problem,
    SpeakingEnded,
    SpeakingStarted,
    StageTimes,
    TurnEnded,
)
from core.pipeline.prepared import Prepared
from core.pipeline.problems import NOT_UNDERSTOOD, outcome_of, problem_of, unforeseen
from core.pipeline.speaker import Speaker
from core.pipeline.synthesis import Synthesis
from core.pipeline.talk import Talk, ends_session
from core.pipeline.thinking import Thinking
from core.pipeline.transcription import Transcription
from core.pipeline.withheld import Withheld
from core.voice.events import Event
from core.voice.weighing import Saying
from shared.errors import AppError
from shared.ids import new_id


class _Given(Exception):
    """Ends the work after its problem was noted."""


class Reply:
    """Answers one ask.

    Args:
        after: the reply before it, whose turn is stored first.

    Attributes:
        turn_id: the exchange's.
        ask: what is answered, or said in place of an answer.
        discarded: it was forgotten before anybody knew of it.
        task: ends when everything of the exchange has.
    """

    def __init__(self, talk: Talk, ask: Ask, *, after: "Reply | None" = None) -> None:
        self.turn_id = ask.turn_id or new_id()
        self._talk = talk
        self.ask = ask
        self._loop = asyncio.get_running_loop()
        self._released = asyncio.Event()
        self._committed = asyncio.Event()
        self._progress = asyncio.Event()
        self._storing: asyncio.Task[None] | None = None
        self.discarded = False
        self._words_stored = ask.words is None
        self._keeping = Keeping(talk, ask, self.turn_id)
        self._answer = Answer()
        self._all_played = False
        self._cut: Cut | None = None
        self._told_stop = False
        self._problem: Problem | None = None
        self._notices = Withheld(talk.client)
        self._times = StageTimes()
        self._moments = Moments(ask.since)
        if isinstance(ask.words, Transcription):
            self._moments.begin(StageName.STT, self._loop.time())
        self._thinking = ask.prepared or Thinking(talk, tell=self._notices.tell)
        self._speaker = Speaker(
            talk.client, self.turn_id, talk.rate, on_sound=self._on_sound, on_piece=self._progress.set
        )
        self._speaker.playback.before = self._keeping.before
        self._synthesis = Synthesis(talk, self._thinking, self._speaker, self._moments)
        self._after = after
        self._work = asyncio.create_task(self._produce())
        self.task = asyncio.create_task(self._run())

    @property
    def released(self) -> bool:
        """Whether the learner's turn is surely over."""
        return self._released.is_set()

    @property
    def outcome(self) -> Outcome:
        """What became of it, once it has ended."""
        cut, playback = self._cut, self._speaker.playback
        heard_ms = playback.heard(self._loop.time()) * 1000 // playback.rate if cut is None else cut.heard_ms
        complete = self._all_played and cut is None and self._problem is None
        return Outcome(self._thinking.words, heard_ms, complete, cut is not None and cut.by_learner)

    def release(self) -> None:
        """Let it be heard."""
        self._released.set()
        if isinstance(self.ask.words, Transcription):
            self._moments.end(StageName.ENDPOINT, self._loop.time())

    def discard(self) -> None:
        """Forget it: nothing of it was told or stored."""
        self.discarded = True
        self._give_up()

    def interrupt(self, *, by_learner: bool, parting: bool = False, leaving: bool = False) -> None:
        """Stop now: no further sound, vendors cancelled, the turn kept as far as it was heard.

        Args:
            parting: the connection ends; another one may go on with the answer.
            leaving: likewise, and the learner's words are not waited for where they are still in the recogniser.
        """
        if self._cut is not None and leaving:
            self._give_up()
        if self._is_over:
            return
        self._speaker.stop()
        self._stop_sound()
        now = self._loop.time()
        playback = self._speaker.playback
        heard_ms = playback.heard(now) * 1000 // playback.rate
        unsaid = self._keeping.unsaid(playback.heard_pieces(now), self._thinking.known) if parting or leaving else None
        self._cut = Cut(playback.heard_text(now), heard_ms, by_learner, unsaid)
        if self._words_stored or self._storing is not None or leaving:
            self._give_up()

    def hold(self, onset_ms: int = 0) -> None:
        """Stop the sound now, where the learner stops hearing it; everything else goes on.

        Args: onset_ms: how long ago the learner began to speak.
        """
        if self._is_over:
            return
        if self._speaker.playback.sent:
            self._stop_sound()
            self._moments.took(StageName.BARGE_IN, onset_ms, until=self._loop.time())
        else:
            self._speaker.hold()

    def resume(self) -> None:
        """Go on with the sound that was held."""
        if self._is_over:
            return
        if self._told_stop:
            self._told_stop = False
            self._talk.client.tell(AnswerResumed(self.turn_id))
        self._speaker.resume()

    def acknowledge(self, played_ms: int) -> None:
        """The client says how much of the answer's sound it has played."""
        self._speaker.acknowledge(played_ms)

    def saying(self) -> Saying:
        """Return what the learner hears of it about now."""
        now = self._loop.time()
        return Saying(self._speaker.playback.saying(now), self._speaker.playback.asks(now))

    def finish_sentence(self) -> None:
        """Say the present sentence to its end, and no more."""
        self._speaker.finish_sentence()

    @property
    def _is_over(self) -> bool:
        """Whether nothing more will be sounded."""
        return self._work.done() or self._all_played or self._cut is not None

    def _stop_sound(self) -> None:
        """Stop the sound, once, and tell."""
        if self._told_stop:
            return
        self._told_stop = True
        self._speaker.hold(unsent=self._talk.client.drop_audio() // 2)
        self._talk.client.tell(Interrupted(self.turn_id))

    async def _run(self) -> None:
        await asyncio.wait({self._work})
        error = None if self._work.cancelled() else self._work.exception()
        await self._wait_for_the_turn_before()
        self._after = None
        if self.discarded:
            self._speaker.close()
            return
        try:
            if error is not None and self._problem is None:
                self._problem = unforeseen(error)
            await self._settle()
        finally:
            if self._problem is not None:
                self._talk.equipment.counts.failed += 1
                self._talk.client.tell(self._problem)
            if self._words_stored:
                self._talk.client.tell(TurnEnded(self.turn_id, self._times, self._answer))
            self._report()
            self._talk.happened(self, Event.REPLY_ENDED)
            self._speaker.close()

    async def _produce(self) -> None:
        """Work until all is said, or until told to give up."""
        try:
            await self._stages()
        except asyncio.CancelledError as given_up:
            # The traceback and the stages' frames hold one another, and would keep all of this until a collection.
            given_up.__traceback__ = None

    async def _stages(self) -> None:
        # Its words may decide what becomes of the turn before, so they are listened to first.
        heard = None if self.ask.words is None else await self._listen(self.ask.words)
        await self._wait_for_the_turn_before()
        if heard is not None and not heard.text:
            await self._released.wait()
            self._talk.client.tell(heard)
            self._problem = NOT_UNDERSTOOD if self.ask.button else None
            return
        if heard is not None:
            self._notices.tell(heard)
        if not self.ask.answered or self._cut is not None:
            await self._commit(heard)
            return
        self._moments.begin(StageName.LLM, self._loop.time())
        async with asyncio.TaskGroup() as stages:
            stages.create_task(self._commit(heard))
            if isinstance(self._thinking, Prepared):
                self._thinking.announce(self._notices.tell, self.turn_id)
            else:
                stages.create_task(self._think(self._thinking, heard.text if heard else ""))
            stages.create_task(self._speak())
            stages.create_task(self._play())
            stages.create_task(self._keep())

    async def _think(self, thinking: Thinking, words: str) -> None:
        error = await thinking.run(words)
        if error is not None:
            self._fail("LLM", error)
        self._progress.set()  # all there is to say is known

    async def _wait_for_the_turn_before(self) -> None:
        if self._after is not None:
            await asyncio.wait({self._after.task})

    def _give_up(self) -> None:
        self._work.cancel()
        if isinstance(self.ask.words, Transcription):
            self.ask.words.cancel()

    async def _listen(self, words: str | Transcription) -> Heard:
        if isinstance(words, str):
            return Heard(words, 1.0, 0, self.turn_id)
        try:
            heard = await words.result()
        except AppError as error:
            await self._released.wait()
            self._fail("STT", error)
            raise _Given from error
        self._times = structs.replace(self._times, stt_ms=heard.latency_ms)
        self._moments.end(StageName.STT, self._loop.time())
        return structs.replace(heard, turn_id=self.turn_id)

    async def _commit(self, heard: Heard | None) -> None:
        """Store the learner's words once the turn is surely over, and tell what was held back."""
        await self._released.wait()
        if heard is None:
            self._committed.set()
            self._notices.let_go()
            return
        # Shielded: words on their way to the store are stored, and remembered, even when the learner speaks on.
        self._storing = asyncio.create_task(self._store_words(heard))
        await asyncio.shield(self._storing)
        if not self._words_stored:
            raise _Given
        self._committed.set()
        self._notices.let_go()
        if self._cut is not None:  # since before the words were known
            self._work.cancel()

    async def _store_words(self, heard: Heard) -> None:
        try:
            await self._keeping.words(heard.text, self._times)
        except AppError as error:
            self._fail("TURN", error)
            return
        self._words_stored = True

    async def _speak(self) -> None:
        """Make the sound; a voice that fails ends it, and what is thought of further is not spoken."""
        try:
            await self._synthesis.run(self._released)
        except AppError as error:
            self._fail("TTS", error)
            self._thinking.stop()

    async def _play(self) -> None:
        await self._committed.wait()
        playback = self._speaker.playback
        complete, played = False, False
        while not played:
            complete = await self._speaker.run()
            heard_ms = playback.sent * 1000 // playback.rate
            if playback.sent:
                self._notices.tell(SpeakingEnded(heard_ms, self._synthesis.first_sound_ms))
            played = await self._speaker.played_out()
        heard_ms = playback.sent * 1000 // playback.rate
        if not complete:
            unsaid = self._keeping.unsaid(playback.finished_pieces(), self._thinking.known)
            self._cut = Cut(playback.finished_text(), heard_ms, by_learner=False, unsaid=unsaid)
            self._work.cancel()
        self._all_played = True
        self._progress.set()

    async def _keep(self) -> None:
        """Store the answer as far as it was said, and what follows: the server may not live to the reply's end."""
        while True:
            await self._progress.wait()
            self._progress.clear()
            if self._all_played:
                return
            playback = self._speaker.playback
            said = playback.finished_pieces()
            if not (playback.sent or said):
                continue
            try:
                await self._keeping.progress(said, self._thinking.known)
            except AppError as error:
                self._fail("TURN", error)
                return

    async def _settle(self) -> None:
        """Store the answer as it was heard."""
        if self._storing is not None:
            await asyncio.wait({self._storing})
        if not self._words_stored:
            return
        self._notices.let_go()
        self._times = structs.replace(
            self._times, llm_ms=self._thinking.first_token_ms, tts_ms=self._synthesis.first_sound_ms
        )
        cut = self._cut
        text = self._said() if cut is None else cut.text
        self._answer = Answer(text, cut is not None, self._speaker.playback.pieces)
        playback = self._speaker.playback
        sound_ms = -(-playback.sent * 1000 // playback.rate)
        try:
            await self._keeping.end(text, cut, self._times, words=self._thinking.words, sound_ms=sound_ms)
        except AppError as error:
            self._fail("TURN", error)

    def _report(self) -> None:
        """Tell whoever observes that the turn is over."""
        now = self._loop.time()
        self._moments.end(StageName.SPEAKING, now)
        self._moments.took(StageName.LLM, self._thinking.first_token_ms)
        outcome = outcome_of(self._problem, cut=self._cut is not None, heard=self._words_stored)
        self._talk.report(self._moments.record(self.turn_id, now=now, outcome=outcome), self._problem)

    def _said(self) -> str:
        """Return what was heard of an answer that nobody cut short; a failing voice may have ended within a word."""
        playback = self._speaker.playback
        return playback.finished_text() if self._problem is None else playback.heard_text(self._loop.time())

    def _on_sound(self) -> None:
        if not self._times.total_ms:
            self._times = structs.replace(self._times, total_ms=self._ms_since(self.ask.since))
            self._moments.end(StageName.VOICE_TO_VOICE, self._loop.time())
            self._moments.begin(StageName.SPEAKING, self._loop.time())
        playback = self._speaker.playback
        position_ms = playback.sent * 1000 // playback.rate
        self._talk.client.tell(SpeakingStarted(len(self._thinking.text), self.turn_id, position_ms))
        self._talk.happened(self, Event.AUDIO_STARTED)

    def _fail(self, stage: str, error: AppError) -> None:
        """Note the first failure; it is told at the turn's end."""
        if self._problem is None:
            self._problem = problem_of(stage, error)
        if ends_session(error):
            self._talk.client.leave(error)

    def _ms_since(self, begin: float) -> int:
        return max(0, round((self._loop.time() - begin) * 1000))
