"""The postman's rounds: mail leaves a few seconds after it was asked for, beside everything else this process does."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from typing import Final

from aiohttp import web

from shared.errors import AppError
from shared.logging import get_logger
from shared.mail.postman import Postman

ROUND_S: Final = 3.0

_log: Final = get_logger("postal")


def rounds(postman: Postman, *, every_s: float = ROUND_S) -> Callable[[web.Application], AsyncGenerator[None]]:
    """Return what carries mail for as long as an application runs (for its `cleanup_ctx`)."""

    async def go() -> None:
        while True:
            try:
                await asyncio.to_thread(postman.deliver_due)
            except AppError as error:
                # The database is away; the mail waits in it.
                _log.warning("mail_waits", code=error.error_code)
            await asyncio.sleep(every_s)

    async def beside(_app: web.Application) -> AsyncGenerator[None]:
        task = asyncio.create_task(go())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    return beside
