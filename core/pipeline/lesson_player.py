"""Tells a lesson passage by passage: stops where it asks or offers to stop, goes on after interruptions."""

from collections import deque
from collections.abc import Callable, Coroutine
from typing import Final

from msgspec import structs

from core.pipeline.notices import Playback, PlaybackState, Problem
from core.pipeline.prepared import Passage, Prepared
from core.pipeline.reply import Reply
from core.pipeline.talk import Talk
from core.providers.tts.port import TextToSpeech
from shared.domain.lesson import Stop
from shared.domain.utterances import declines
from shared.errors import AppError, InvalidInput

# After an interruption the passage goes on a little before the place where it stopped.
_REWIND_MS: Final = 2_000


class LessonPlayer:
    """One session's telling of its lesson.

    Args:
        say: has prepared text spoken as the tutor's turn, unless somebody else speaks: False.
        start: runs what is stored beside, to its end.
    """

    def __init__(
        self,
        talk: Talk,
        say: Callable[[Prepared], bool],
        start: Callable[[Coroutine[object, object, None]], None],
    ) -> None:
        self._talk = talk
        self._say = say
        self._start = start
        self._going = False
        self._saying: Prepared | None = None
        self._stops: deque[Stop] = deque()
        self._asked: Stop | None = None
        self._waiting: Stop | None = None
        self._place: tuple[int, int] | None = None
        self._unstored: tuple[int, int] | None = None
        self._storing = False

    def play(self, position: int | None = None, offset_ms: int = 0) -> None:
        """Tell the lesson from a passage on; None: from where it was left, or what was asked there.

        Raises: InvalidInput `no_lesson`: there is nothing to tell; `segment_not_found`: no such passage.
        """
        passages = self._passages()
        if not passages:
            raise InvalidInput("the session has no lesson to play: choose a topic first", code="no_lesson")
        if position is not None and position >= len(passages):
            raise InvalidInput(
                f"segment_index: from 0 to {len(passages) - 1}",
                code="segment_not_found",
                details={"segment_index": f"from 0 to {len(passages) - 1}"},
            )
        if position is None:
            position, offset_ms = self._place or self._left_at(len(passages))
            if self._waiting is not None or self._stops:
                self._going, self._waiting = True, None
                self._talk.tutoring.ask_checkpoint("")
                self._next()
                return
        self._stops.clear()
        self._waiting = None
        self._going = True
        self._tell_passage(position, offset_ms)

    def pause(self) -> None:
        """Stay where the passage is; whoever calls has stopped the sound, and its end says where that is."""
        if self._going and self._saying is None:
            self._tell_state("paused")
        self._going = False

    def leave(self) -> None:
        """Forget the lesson: another topic was chosen, or the session ends."""
        self._going, self._place, self._saying = False, None, None
        self._asked = self._waiting = None
        self._stops.clear()

    def turn_ended(self, reply: Reply) -> None:
        """Go on after something was said, by the lesson or by the tutor, if it is the lesson's turn."""
        prepared = reply.ask.prepared
        if prepared is None:
            if self._going:
                self._answered(reply)
        elif prepared is self._saying:
            self._saying = None
            if prepared.passage is not None:
                self._passage_ended(prepared.passage, reply)
            else:
                self._waiting, self._asked = self._asked, None
                self._tell_state("checkpoint" if self._checks(self._waiting) else "stopping_point")

    def nothing_said(self) -> None:
        """Go on where a sound kept the lesson from it that turned out to be no words."""
        if self._going and self._saying is None and self._waiting is None:
            self._next()

    def _passage_ended(self, passage: Passage, reply: Reply) -> None:
        outcome = reply.outcome
        if not outcome.complete:
            self._stand(passage.position, max(0, passage.offset_ms + outcome.heard_ms - _REWIND_MS))
            self._going = self._going and outcome.by_learner
            self._tell_state("interrupted" if self._going else "paused")
            return
        self._stops.extend(stop for stop in self._lesson_stops() if stop.position == passage.position)
        self._stand(passage.position + 1, 0)
        if outcome.heard_ms:
            self._next()
        else:  # there was only text: the client says when it has been read
            self._going = False
            self._tell_state("paused")

    def _answered(self, reply: Reply) -> None:
        """Go on after the tutor's answer, unless the learner has declined."""
        words = reply.outcome.words
        if not words and self._waiting is not None:
            return  # nothing was understood: what was asked is still open
        waiting, self._waiting = self._waiting, None
        self._talk.tutoring.ask_checkpoint("")
        if declines(words) and not self._checks(waiting):
            self.pause()
        else:
            self._next()

    def _next(self) -> None:
        """Ask what comes after the passage, or tell the next one."""
        if self._stops:
            stop = self._asked = self._stops.popleft()
            prompt = stop.said
            if self._aloud(Prepared(prompt)):
                self._talk.tutoring.ask_checkpoint(prompt if self._checks(stop) else "")
            else:
                self._stops.appendleft(stop)
            return
        position, offset_ms = self._place or (0, 0)
        if position < len(self._passages()):
            self._tell_passage(position, offset_ms)
        else:
            self._going = False
            self._tell_state("ended")

    def _tell_passage(self, position: int, offset_ms: int) -> None:
        passages = self._passages()
        self._stand(position, offset_ms)
        self._aloud(Prepared(Passage(position, len(passages), passages[position], offset_ms, self._speech())))

    def _aloud(self, prepared: Prepared) -> bool:
        said = self._say(prepared)
        self._saying = prepared if said else None
        return said

    def _speech(self) -> TextToSpeech:
        """Return who speaks the lesson: its sound is kept with the tenant it belongs to, for all who read it."""
        talk = self._talk
        owner = talk.conversation.owner_id
        caller = structs.replace(talk.visit.caller, tenant_id=owner) if owner else talk.visit.caller
        return talk.equipment.speech(caller, talk.providers.tts)

    def _stand(self, position: int, offset_ms: int) -> None:
        """Keep the place, here and in the store; of several places in a hurry the last one counts."""
        self._place = self._unstored = position, offset_ms
        self._talk.tutoring.stand_at(min(position, max(0, len(self._passages()) - 1)))
        if not self._storing:
            self._storing = True
            self._start(self._store())

    async def _store(self) -> None:
        talk = self._talk
        try:
            while self._unstored is not None:
                place, self._unstored = self._unstored, None
                await talk.equipment.conversations.stand_at(talk.visit, *place)
        except AppError as error:
            talk.client.tell(Problem("PROGRESS_NOT_STORED", error.message))
        finally:
            self._storing = False

    def _tell_state(self, state: PlaybackState) -> None:
        position, offset_ms = self._place or (0, 0)
        self._talk.client.tell(Playback(state, position, len(self._passages()), offset_ms))

    def _left_at(self, total: int) -> tuple[int, int]:
        """Return where the session was left; a lesson told to its end begins anew."""
        conversation = self._talk.conversation
        position = conversation.situation.position
        return (position, conversation.offset_ms) if position < total else (0, 0)

    def _passages(self) -> tuple[str, ...]:
        lesson = self._talk.conversation.lesson
        return lesson.passages if lesson else ()

    def _lesson_stops(self) -> tuple[Stop, ...]:
        lesson = self._talk.conversation.lesson
        return lesson.stops if lesson else ()

    @staticmethod
    def _checks(stop: Stop | None) -> bool:
        return stop is not None and stop.kind == "checkpoint"
