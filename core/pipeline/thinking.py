"""The model's answer on its way from tokens to pieces worth speaking."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from typing import Final

from core.pipeline.beat import rest
from core.pipeline.notices import Notice, ReplyStarted, ReplyText, ReplyToken
from core.pipeline.patience import patiently
from core.pipeline.talk import Talk
from core.providers.errors import provider_error
from core.providers.llm.port import Prompt, Token
from core.voice.sentences import Piece, Segmenter
from shared.errors import AppError

# The tokens of so long are told together: nobody reads faster, and a message costs more than a token.
_TOLD_S: Final = 0.2
# Once something is being spoken, a token that had to be waited for is followed by a rest, in which others become ready:
# listeners take a few words a second.
_REST_S: Final = 0.04
_WAITED_S: Final = 0.002
# A model that goes on for longer is not listened to: some ten minutes of speech.
_LONGEST_REPLY: Final = 8_000


class Thinking:
    """Asks the model and cuts its answer.

    Attributes:
        pieces: what is to be spoken, then None; bounded by the longest reply.
        text: the answer so far.
        known: that of the pieces so far.
        words: what is answered.
        first_token_ms: how long the first token took.
    """

    def __init__(self, talk: Talk, *, tell: Callable[[Notice], None]) -> None:
        self._talk = talk
        self._tell = tell
        self._stopped = False
        self.pieces: asyncio.Queue[Piece | None] = asyncio.Queue()
        self._segmenter = Segmenter()
        self._untold: list[str] = []
        self._told_at = 0.0
        self._telling: asyncio.TimerHandle | None = None
        self.text = ""
        self.known = ""
        self.words = ""
        self.first_token_ms = 0

    def stop(self) -> None:
        """No further text is wanted."""
        self._stopped = True

    async def run(self, words: str) -> AppError | None:
        """Answer the learner's words; a failing model ends the pieces after what it said before. Return its failure.

        Args: words: empty: those the history ends with.
        """
        failure: AppError | None = None
        begin = asyncio.get_running_loop().time()
        self._tell(ReplyStarted())
        try:
            await self._read(words, begin)
            if not self.text.strip():
                raise provider_error(self._talk.providers.llm.name, "malformed")
        except AppError as error:
            failure = error
            self._tell_tokens()
        else:
            self._let_go([], self._segmenter.flush())
            self._tell_tokens()
            self._tell(ReplyText(self.text.strip(), _ms_since(begin)))
        finally:
            self._tell_no_more()
        self.pieces.put_nowait(None)
        return failure

    async def _read(self, words: str, begin: float) -> None:
        """Read the model's answer; one that begins in doubt is asked for anew where other topics say more."""
        tutoring, before = self._talk.tutoring, list(self._talk.history)
        self.words = words or (before[-1].text if before else "")
        if not await self._answered(tutoring.prompt(before, words), begin, may_doubt=True):
            self.text, self._segmenter = "", Segmenter()
            await self._answered(tutoring.prompt(before, words), begin, may_doubt=False)

    async def _answered(self, prompt: Prompt, begin: float, *, may_doubt: bool) -> bool:
        """Take an answer, or leave it after its first piece because it is to be asked for anew: False.

        Nothing of an answer is told before that is decided.
        """
        llm = self._talk.providers.llm
        held: list[str] = []
        seconds = self._talk.equipment.settings.llm_s
        now = asyncio.get_running_loop().time
        ready_at = now()
        async with aclosing(patiently(llm.reply(prompt), seconds=seconds, vendor=llm.name)) as answer:
            async for item in answer:
                waited, ready_at = now() - ready_at > _WAITED_S, now()
                if self._stopped or len(self.text) > _LONGEST_REPLY:
                    break
                if not isinstance(item, Token) or not item.text:
                    continue
                self.first_token_ms = self.first_token_ms or _ms_since(begin)
                self.text += item.text
                held.append(item.text)
                pieces = self._segmenter.feed(item.text)
                if may_doubt and not pieces:
                    continue
                if may_doubt and await self._talk.tutoring.doubts(self.text, self.words):
                    return False
                may_doubt = False
                self._let_go(held, pieces)
                if waited and self.known:
                    await rest(_REST_S)
                ready_at = now()
        if may_doubt and await self._talk.tutoring.doubts(self.text, self.words):
            return False
        self._let_go(held, [])
        return True

    def _let_go(self, held: list[str], pieces: list[Piece]) -> None:
        self._untold += held
        held.clear()
        for piece in pieces:
            self.known += piece.text
            self.pieces.put_nowait(piece)
        if self._untold and self._telling is None:
            self._telling = asyncio.get_running_loop().call_at(self._told_at + _TOLD_S, self._tell_tokens)

    def _tell_tokens(self) -> None:
        self._tell_no_more()
        if self._untold:
            self._tell(ReplyToken("".join(self._untold)))
            self._untold.clear()
            self._told_at = asyncio.get_running_loop().time()

    def _tell_no_more(self) -> None:
        if self._telling is not None:
            self._telling.cancel()
            self._telling = None


def _ms_since(begin: float) -> int:
    return round((asyncio.get_running_loop().time() - begin) * 1000)
