"""The shell of one voice session: it obeys core.voice, and never waits for what it starts."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Final

from core.pipeline.asking import Ask
from core.pipeline.client import Client
from core.pipeline.conversations import Conversation, Turn, Visit
from core.pipeline.dictation import Dictation
from core.pipeline.equipment import Equipment
from core.pipeline.lesson_player import LessonPlayer
from core.pipeline.notices import SpeechEnded, SpeechStarted
from core.pipeline.prepared import Prepared, Rest
from core.pipeline.problems import NOT_UNDERSTOOD
from core.pipeline.quiz_player import QuizPlayer
from core.pipeline.replies import Replies
from core.pipeline.reply import Reply
from core.pipeline.talk import Talk
from core.pipeline.transcription import Transcription
from core.providers.tts.port import Voice
from core.quiz.port import Order
from core.voice.dialogue import Dialogue, Microphone
from core.voice.endpointing import RATE, Timing
from core.voice.events import Command, Event
from core.voice.turns import UNSPOKEN, State
from shared.errors import InvalidInput

# Audio that may wait for the detector before the socket is read no further.
_BACKLOG: Final = 2 * RATE
_NOTHING: Final[tuple[Command, ...]] = ()


class VoiceSession:
    """One learner, one tutor.

    Args:
        conversation: as the store opened it.
        client: where notices and sound go.
    """

    def __init__(self, equipment: Equipment, visit: Visit, conversation: Conversation, client: Client) -> None:
        self._equipment = equipment
        self._client = client
        self._purse = equipment.metering.open(visit, client.tell)
        providers = self._purse.hire(equipment.providers)
        self._talk = Talk(
            visit,
            conversation,
            client,
            equipment,
            providers,
            equipment.speech(visit.caller, providers.tts),
            RATE,
            self._happened,
            Voice(language=equipment.settings.language),
        )
        self._talk.enter(conversation)
        self._dialogue = self._dialogue_with(Microphone())
        self._ear = equipment.detector.open(self._decided)
        self._replies = Replies(self._talk)
        self._dictation = Dictation(self._talk, self._replies.leave)
        self._asked = Ask(None, 0.0)
        self._by_learner = True
        self._parting = False
        self._lesson = LessonPlayer(self._talk, self._tell_aloud, self._start)
        self._quiz = QuizPlayer(self._talk, self._tell_aloud, self._start)
        self._closing = False
        self._room: asyncio.Event | None = None
        self._obey: dict[Command, Callable[[], None]] = {
            Command.LISTEN: lambda: self._dictation.begin(self._dialogue),
            Command.PREPARE: self._prepare,
            Command.DISCARD: self._discard,
            Command.RELEASE: self._replies.release,
            Command.ANSWER: self._answer,
            Command.HOLD: lambda: self._replies.hold(self._dialogue.onset_ms),
            Command.RESUME: self._replies.resume,
            Command.INTERRUPT: self._interrupt,
            Command.TELL_SPEECH_STARTED: lambda: client.tell(SpeechStarted(self._dialogue.started_ms)),
            Command.TELL_SPEECH_ENDED: self._tell_speech_ended,
            Command.TELL_NOTHING_HEARD: lambda: client.tell(NOT_UNDERSTOOD),
        }

    @property
    def state(self) -> State:
        """Whose turn it is."""
        return self._dialogue.state

    @property
    def listening(self) -> bool:
        """Whether binary frames are the learner's voice now."""
        return self._dialogue.listening

    @property
    def history(self) -> list[Turn]:
        """What the model is reminded of, oldest first; whoever keeps more of the conversation may change it."""
        return self._talk.history

    @property
    def talk(self) -> Talk:
        """What the replies share: the conversation, the voice, what the tutor keeps in view."""
        return self._talk

    def configure(
        self, microphone: Microphone, *, output_rate: int, timing: Timing | None = None, device_speech: bool = False
    ) -> None:
        """Take audio as the client sends it, and send it what it plays; what was under way is dropped.

        Args:
            timing: the silences and lengths turns are told by; None: the deployment's.
            device_speech: the client speaks the tutor's sentences itself: it is sent text, when it is due.
        """
        self.cancel(by_learner=False)
        self._ear.close()
        self._dialogue = self._dialogue_with(microphone, timing)
        self._ear = self._equipment.detector.open(self._decided)
        self._talk.rate = output_rate
        self._talk.device_speech = device_speech

    def hear(self, pcm: bytes) -> None:
        """Take 16 kHz PCM16 mono of any length; ignored while the microphone is closed.

        Raises: InvalidInput: an odd number of bytes, that is half a sample.
        """
        if len(pcm) % 2:
            raise InvalidInput("audio must be whole 16-bit samples: an even number of bytes", code="invalid_audio")
        dialogue = self._dialogue
        if not dialogue.listening or not pcm:
            return
        commands = dialogue.hear(pcm)
        if dialogue.detecting:
            self._ear.feed(pcm)
        else:
            self._dictation.offer(dialogue)
        if commands:
            self._do(commands)

    def calm_ms(self) -> float:
        """Return how much more sound it takes, at least, before something is decided whose delay would be noticed."""
        return self._dialogue.calm_ms()

    @property
    def crowded(self) -> bool:
        """Whether too much audio waits for the detector."""
        return self._dialogue.undecided > _BACKLOG

    async def room(self) -> None:
        """Wait while too much audio waits: a client that sends faster than it is heard is slowed."""
        while self.crowded:
            self._room = asyncio.Event()
            await self._room.wait()

    def start_recording(self) -> None:
        """The learner pressed the button."""
        self._do(self._dialogue.start_recording())

    def stop_recording(self) -> None:
        """The learner let go of it."""
        self._do(self._dialogue.stop_recording())

    def end_utterance(self) -> None:
        """The client says that the utterance is over, where the server would have found its end."""
        self._do(self._dialogue.end_utterance())

    def ask(self, text: str) -> None:
        """Answer a typed question."""
        self._asked = Ask(text, asyncio.get_running_loop().time())
        self._do(self._dialogue.receive(Event.TEXT_ASKED))

    def answer(self, since: float) -> None:
        """Answer what was said before, which is stored already.

        Args: since: the event loop's time when the learner had said it.
        """
        self._asked = Ask(None, since)
        self._do(self._dialogue.receive(Event.TEXT_ASKED))

    def play(self, position: int | None = None, offset_ms: int = 0) -> None:
        """Tell the lesson from a passage on; None: from where it was left.

        Raises: InvalidInput: there is no lesson, or no such passage.
        """
        self.cancel(by_learner=False)
        self._quiz.leave()
        self._lesson.play(position, offset_ms)

    def pause(self) -> None:
        """Stop telling the lesson until told to play."""
        self.cancel(by_learner=False)
        self._lesson.pause()

    async def start_quiz(self, order: Order) -> None:
        """Read questions of a pack aloud and judge the answers, until all were asked; a lesson is left.

        Raises: as `Quizzes.open`.
        """
        self.cancel(by_learner=False)
        await self._replies.settled()
        self._lesson.leave()
        await self._quiz.begin(order)

    def stop_quiz(self) -> None:
        """Leave the quiz."""
        self.cancel(by_learner=False)
        self._quiz.leave()

    def transcribe(self) -> Transcription:
        """Open a transcription beside the turns: of an utterance whose ends the client tells."""
        return self._dictation.open()

    async def keep(self, turn: Turn) -> None:
        """Store what was said beside the turns.

        Raises: as `Conversations.store`.
        """
        await self._equipment.conversations.store(self._talk.visit, turn)

    def cancel(self, *, by_learner: bool = True) -> None:
        """Stop the tutor, or forget what the learner has begun to say; only a learner's own wish is a barge-in.

        A learner who is speaking over the tutor, and wishes it, is heard on.
        """
        over = by_learner and self._dialogue.state is State.OVER
        self._stop(Event.MEANT if over else Event.CANCELLED, by_learner=by_learner)

    def stop(self) -> None:
        """Stop the tutor, whom somebody else has found interrupted; a learner who is speaking is heard on."""
        spoken = self._dialogue.state not in UNSPOKEN
        self._stop(Event.MEANT if spoken else Event.CANCELLED, by_learner=False)

    def part(self) -> None:
        """Stop the tutor because the connection ends; another one may go on with the answer."""
        self._parting = True
        self.cancel(by_learner=False)

    def go_on(self) -> None:
        """Say the rest of the answer that the connection before this one ended in, if it is not too long ago."""
        last = self._talk.history[-1] if self._talk.history else None
        if last is not None and last.unsaid is not None:
            self._tell_aloud(Prepared(Rest(last.turn_id, last.unsaid)))

    def acknowledge(self, turn_id: str, played_ms: int) -> None:
        """The client says how much of an answer's sound it has played; of another answer than this it is too late."""
        speaking = self._replies.sounding
        if speaking is not None and speaking.turn_id == turn_id:
            speaking.acknowledge(played_ms)

    async def choose_topic(self, topic_id: str) -> Conversation:
        """Move to another topic; the tutor stops first.

        Raises: NotFound: no such topic. Unavailable, Unauthenticated, Conflict: as the store says.
        """
        self.cancel(by_learner=False)
        await self._replies.settled()
        self._lesson.leave()
        self._quiz.leave()
        conversation = await self._equipment.conversations.choose_topic(self._talk.visit, topic_id)
        self._talk.enter(conversation)
        return conversation

    async def check(self) -> int:
        """Check that the caller may still be here, and return the number of the session's newest voice socket.

        Raises: Unauthenticated, NotFound, Conflict `session_ended`: no more. Unavailable: nobody knows.
        """
        return await self._equipment.conversations.check(self._talk.visit)

    async def drain(self, seconds: float) -> None:
        """Let the tutor finish its sentence, for so long at most; the learner's turn is not taken any more."""
        if self._dialogue.state not in UNSPOKEN:
            self.cancel(by_learner=False)
        reply = self._replies.current
        if reply is not None:
            prepared = reply.ask.prepared
            if prepared is not None and prepared.rest is None:
                self.cancel(by_learner=False)  # a passage goes on where it was left
            reply.finish_sentence()
            await asyncio.wait({reply.task}, timeout=seconds)

    async def close(self) -> None:
        """Stop everything; what was heard is stored before this returns."""
        self._closing = True
        self._ear.close()
        self._dictation.forget()
        await self._replies.close()
        self._purse.close()

    def _dialogue_with(self, microphone: Microphone, timing: Timing | None = None) -> Dialogue:
        settings = self._equipment.settings
        return Dialogue(timing or settings.timing, microphone, settings.language)

    def _decided(self, probability: float, samples: int) -> None:
        dialogue = self._dialogue
        commands = dialogue.decided(probability, samples)
        self._dictation.offer(dialogue)
        if commands:
            self._do(commands)
        if self._room is not None and dialogue.undecided <= _BACKLOG:
            self._room.set()
            self._room = None

    def _happened(self, reply: object, event: Event) -> None:
        present = reply is self._replies.sounding
        if present:
            if event is Event.REPLY_ENDED:
                self._replies.held = None
            self._do(self._dialogue.receive(event))
        if event is Event.REPLY_ENDED and isinstance(reply, Reply):
            self._quiz.turn_ended(reply)
            # One cut short for the reply after it too: where it was cut is the lesson's affair.
            if present or reply.ask.prepared is not None:
                self._lesson.turn_ended(reply)

    def _tell_aloud(self, prepared: Prepared) -> bool:
        """Say what is prepared, unless somebody speaks or is answered."""
        if self._dialogue.state is not State.IDLE or self._closing:
            return False
        self._asked = Ask(None, asyncio.get_running_loop().time(), prepared=prepared)
        self._do(self._dialogue.receive(Event.TEXT_ASKED))
        return True

    def _start(self, work: Coroutine[object, object, None]) -> None:
        self._replies.leave(asyncio.create_task(work))

    def _stop(self, event: Event, *, by_learner: bool) -> None:
        self._by_learner = by_learner
        self._do(self._dialogue.receive(event))
        self._by_learner = True

    def _do(self, commands: tuple[Command, ...]) -> None:
        for command in commands:
            self._obey[command]()

    def _tell_speech_ended(self) -> None:
        dialogue, prepared = self._dialogue, self._replies.prepared
        turn_id = "" if prepared is None else prepared.turn_id
        self._client.tell(SpeechEnded(dialogue.speech_ms, dialogue.decided_ms, turn_id))
        if dialogue.state is State.IDLE:
            self._lesson.nothing_said()

    def _prepare(self) -> None:
        transcription = self._dictation.finish(self._dialogue)
        if transcription is None:
            return
        since = asyncio.get_running_loop().time() - self._dialogue.silence_ms / 1000
        microphone = self._dialogue.microphone
        ask = Ask(transcription, since, button=not microphone.hands_free, answered=microphone.answered)
        reply = self._replies.begin(ask)
        transcription.tell(lambda words: self._understood(reply, words))
        self._equipment.counts.prepared += 1

    def _understood(self, reply: Reply, words: str | None) -> None:
        """Have the words weighed while the reply to them is held back."""
        if reply is self._replies.current and not reply.discarded:
            self._do(self._dialogue.understood(words, self._replies.saying()))

    def _discard(self) -> None:
        self._dictation.forget()
        self._replies.discard()

    def _answer(self) -> None:
        self._replies.begin(self._asked)
        self._replies.release()

    def _interrupt(self) -> None:
        self._replies.interrupt(by_learner=self._by_learner, parting=self._parting)
