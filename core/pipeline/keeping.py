"""Stores one exchange; its answer while it is said, so that it survives its server, and at its end."""

from msgspec import structs

from core.pipeline.asking import Ask, Cut
from core.pipeline.conversations import Turn, Unsaid
from core.pipeline.notices import StageTimes
from core.pipeline.talk import Talk
from shared.errors import Unavailable


class Keeping:
    """Keeps what was said, and what is left to say.

    Attributes:
        before: what was said of the answer on a connection before this.
    """

    def __init__(self, talk: Talk, ask: Ask, turn_id: str) -> None:
        self._talk = talk
        self._ask = ask
        self._turn_id = turn_id
        self._kept = False
        rest = None if ask.prepared is None else ask.prepared.rest
        self.before = "" if rest is None else rest.unsaid.said

    async def words(self, text: str, times: StageTimes) -> None:
        """Store and remember the learner's words.

        Raises: as `Conversations.store`.
        """
        turn = Turn(turn_id=self._turn_id, role="user", text=text, times=times)
        await self._talk.equipment.conversations.store(self._talk.visit, turn)
        self._talk.remember(turn)
        self._talk.equipment.counts.turns += 1

    def unsaid(self, said: str, known: str) -> Unsaid | None:
        """Return what may be said on another connection; None: nothing, or the lesson or the quiz sees to it.

        Args:
            said: of the answer, spaces included, with what was said before.
            known: the model's text of this connection, in whole pieces.
        """
        prepared = self._ask.prepared
        if prepared is not None and prepared.rest is None:
            return None
        rest = (self.before + known)[len(said) :]
        return Unsaid(said, rest) if rest.strip() else None

    async def progress(self, said: str, known: str) -> None:
        """Store the answer as far as it was said; a store that does not answer is left: all is stored at the end.

        Raises: as `Conversations.store`, without Unavailable.
        """
        unsaid = self.unsaid(said, known)
        if self._ask.is_passage or not (said.strip() or unsaid):
            return
        self._kept = True
        turn = Turn(turn_id=self._turn_id, role="assistant", text=said.strip(), complete=False, unsaid=unsaid)
        try:
            await self._talk.equipment.conversations.store(self._talk.visit, turn)
        except Unavailable:
            return

    async def end(self, text: str, cut: Cut | None, times: StageTimes, *, words: str, sound_ms: int) -> None:
        """Remember and store the answer as it was heard.

        Args:
            words: what is answered.
            sound_ms: of its sound that was sent, or of its sentences that the client was given to speak.
        Raises: as `Conversations.store`.
        """
        talk, unsaid = self._talk, cut and cut.unsaid
        store = talk.equipment.conversations
        turn = Turn(
            turn_id=self._turn_id,
            role="assistant",
            text=text,
            # An answer of which nothing was heard yet, and may be, is not over.
            complete=bool(text) or unsaid is None,
            interrupted=cut is not None,
            times=times,
            unsaid=unsaid,
            sound_ms=0 if talk.device_speech else sound_ms,
        )
        if text and not self._ask.is_passage:
            talk.remember(turn)
            if self._ask.prepared is None:
                turn = structs.replace(turn, expansion=await talk.tutoring.reflect(text, words))
        if (text or unsaid or self._kept) and not self._ask.is_passage:
            await store.store(talk.visit, turn)
        if cut is not None and cut.by_learner and sound_ms:
            talk.equipment.counts.interrupted += 1
            await store.barge_in(talk.visit, self._turn_id, cut.heard_ms)
