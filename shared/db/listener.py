"""Notifications of PostgreSQL, on one connection of their own that is made again whenever it is lost."""

import asyncio
import random
from collections.abc import Callable
from typing import Any, Final

import psycopg
from psycopg import sql

from shared.db.connection import APP_ROLE
from shared.logging import get_logger

# A silent connection is asked for a sign of life after this time: one that died without a word is noticed.
_SILENCE_S: Final = 20.0
_CONNECT_S: Final = 5
# Waits between attempts: from the first to the last, doubled each time, and shortened at random by up to half.
_FIRST_WAIT_S: Final = 0.1
_LONGEST_WAIT_S: Final = 5.0

_log: Final = get_logger("listener")


class Listener:
    """Hears what is said on one channel.

    Args:
        url: a libpq URL of the server itself: a transaction pooler between keeps no subscription.
        channel: the name NOTIFY uses.
    """

    def __init__(self, url: str, channel: str) -> None:
        self._url = url
        self._listen = sql.SQL("LISTEN {}").format(sql.Identifier(channel))

    async def run(self, heard: Callable[[str], None], opened: Callable[[], None]) -> None:
        """Listen until cancelled; a server that is away is waited for.

        Args:
            heard: takes each payload, in the order of the commits, in the event loop's thread.
            opened: called whenever listening begins: what was said before, since the last time, is lost.
        """
        wait = _FIRST_WAIT_S

        def begun() -> None:
            nonlocal wait
            wait = _FIRST_WAIT_S
            opened()

        while True:
            try:
                await self._hear(heard, begun)
            except psycopg.Error as exc:
                _log.warning("not_listening", sqlstate=exc.sqlstate or "none", kind=type(exc).__name__)
            await asyncio.sleep(wait * random.uniform(0.5, 1))  # noqa: S311 - no secret: it only spreads the attempts
            wait = min(2 * wait, _LONGEST_WAIT_S)

    async def _hear(self, heard: Callable[[str], None], opened: Callable[[], None]) -> None:
        """Listen on one connection until it is lost."""
        connection: psycopg.AsyncConnection[Any] = await psycopg.AsyncConnection.connect(
            self._url,
            autocommit=True,
            options=f"-c role={APP_ROLE}",
            connect_timeout=_CONNECT_S,
            application_name="unamentis-listener",
        )
        try:
            await connection.execute(self._listen)
            opened()
            while True:
                async for notification in connection.notifies(timeout=0):
                    heard(notification.payload)
                if not await _something_comes(connection.fileno(), _SILENCE_S):
                    async with asyncio.timeout(_SILENCE_S):
                        await connection.execute("SELECT 1")
        except TimeoutError:
            return
        finally:
            await connection.close()


async def _something_comes(number: int, seconds: float) -> bool:
    """Wait until something can be read from a file; False: not within `seconds`.

    psycopg itself would look ten times a second.
    """
    loop = asyncio.get_running_loop()
    comes = asyncio.Event()
    loop.add_reader(number, comes.set)
    try:
        async with asyncio.timeout(seconds):
            await comes.wait()
    except TimeoutError:
        return False
    finally:
        loop.remove_reader(number)
    return True
