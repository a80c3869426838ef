"""The model's answer on its way from tokens to pieces worth speaking."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from typing import Final

from core.pipeline.notices import Notice, ReplyStarted, ReplyText, ReplyToken
from core.pipeline.patience import patiently
from core.pipeline.prompting import prompt_for
from core.pipeline.talk import Talk
from core.providers.errors import provider_error
from core.providers.llm.port import Token
from core.voice.sentences import Piece, Segmenter
from shared.errors import AppError

# A model that goes on for longer is not listened to: some ten minutes of speech.
_LONGEST_REPLY: Final = 8_000


class Thinking:
    """Asks the model and cuts its answer.

    Attributes:
        pieces: what is to be spoken, then None; bounded by the longest reply.
        text: the answer so far.
        first_token_ms: how long the first token took.
    """

    def __init__(self, talk: Talk, *, tell: Callable[[Notice], None], fail: Callable[[str, AppError], None]) -> None:
        self._talk = talk
        self._tell = tell
        self._fail = fail
        self._stopped = False
        self.pieces: asyncio.Queue[Piece | None] = asyncio.Queue()
        self.text = ""
        self.first_token_ms = 0

    def stop(self) -> None:
        """No further text is wanted."""
        self._stopped = True

    async def run(self, words: str) -> None:
        """Answer the learner's words; a failing model ends the pieces after what it said before."""
        begin = asyncio.get_running_loop().time()
        self._tell(ReplyStarted())
        segmenter = Segmenter()
        try:
            await self._read(words, segmenter, begin)
            if not self.text.strip():
                raise provider_error(self._talk.providers.llm.name, "malformed")
        except AppError as error:
            self._fail("LLM", error)
        else:
            for piece in segmenter.flush():
                self.pieces.put_nowait(piece)
            self._tell(ReplyText(self.text.strip(), _ms_since(begin)))
        self.pieces.put_nowait(None)

    async def _read(self, words: str, segmenter: Segmenter, begin: float) -> None:
        llm = self._talk.providers.llm
        prompt = prompt_for(self._talk.conversation, self._talk.history, words)
        seconds = self._talk.equipment.settings.llm_s
        async with aclosing(patiently(llm.reply(prompt), seconds=seconds, vendor=llm.name)) as answer:
            async for item in answer:
                if self._stopped or len(self.text) > _LONGEST_REPLY:
                    return
                if not isinstance(item, Token) or not item.text:
                    continue
                if not self.text:
                    self.first_token_ms = _ms_since(begin)
                self.text += item.text
                self._tell(ReplyToken(item.text))
                for piece in segmenter.feed(item.text):
                    self.pieces.put_nowait(piece)


def _ms_since(begin: float) -> int:
    return round((asyncio.get_running_loop().time() - begin) * 1000)
