"""A session's replies: the one under way, the one held while the learner speaks over it, those that are ending."""

import asyncio

from core.pipeline.asking import Ask
from core.pipeline.reply import Reply
from core.pipeline.talk import Talk
from core.voice.weighing import Saying


class Replies:
    """Begins replies one after the other; each waits for the turn before it to be stored.

    Attributes:
        current: the newest reply, over or not.
        held: the one that is silent until it is known whether the learner meant to interrupt it.
    """

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._leaving: set[asyncio.Task[object]] = set()
        self.current: Reply | None = None
        self.held: Reply | None = None

    @property
    def sounding(self) -> Reply | None:
        """The reply the learner hears, or heard until they spoke."""
        return self.held or self.current

    @property
    def prepared(self) -> Reply | None:
        """The reply that works in silence until the learner's turn is surely over."""
        reply = self.current
        return None if reply is None or reply.discarded or reply.released else reply

    def begin(self, ask: Ask) -> Reply:
        """Begin to answer."""
        before = self.current
        if before is not None:
            self.leave(before.task)
        self.current = Reply(self._talk, ask, after=before)
        return self.current

    def discard(self) -> None:
        """Forget what was prepared, if anything was."""
        if (reply := self.prepared) is not None:
            self._talk.equipment.counts.wasted += 1
            reply.discard()

    def release(self) -> None:
        """Let the newest one be heard."""
        if self.current is not None:
            self.current.release()

    def hold(self, onset_ms: int) -> None:
        """Stop the sound of the newest one for now. Args: onset_ms: how long ago the learner began to speak."""
        if self.current is not None:
            self.held = self.current
            self.held.hold(onset_ms)

    def resume(self) -> None:
        """Go on with the one that is held; one begun meanwhile is left to end."""
        held, self.held = self.held, None
        if held is None or self.current is None:
            return
        if self.current is not held:
            self.leave(self.current.task)
            self.current = held
        held.resume()

    def interrupt(self, *, by_learner: bool, parting: bool) -> None:
        """Stop the one the learner hears; see Reply.interrupt."""
        stopped, self.held = self.sounding, None
        if stopped is not None:
            stopped.interrupt(by_learner=by_learner, parting=parting)

    def saying(self) -> Saying:
        """Return what the learner has heard of the one that is held."""
        return self.held.saying() if self.held else Saying()

    def leave(self, task: "asyncio.Task[object]") -> None:
        """Keep a task that is ending until it has ended."""
        if not task.done():
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)

    async def settled(self) -> None:
        """Wait until everything of the newest one is stored."""
        if self.current is not None:
            await asyncio.wait({self.current.task})

    async def close(self) -> None:
        """Stop all; what was heard is stored before this returns."""
        for reply in (self.held, self.current):
            if reply is None:
                continue
            if reply.released:
                reply.interrupt(by_learner=False, leaving=True)
            else:
                reply.discard()
            self.leave(reply.task)
        while self._leaving:
            await asyncio.wait(self._leaving)
