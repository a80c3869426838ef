"""Mail leaves while the voice service runs."""

import asyncio

from aiohttp import web
from aiohttp.test_utils import TestServer

from core.postal import rounds
from shared.db import Database, TenantEntry
from shared.errors import Unavailable
from shared.mail.port import Mail
from shared.mail.postman import Postman
from shared.repositories.mail_outbox import MailOutbox
from tests.support.identity import SECRET


class Bell:
    """Fails the first time it is asked, and rings each time."""

    def __init__(self) -> None:
        self.sent: list[Mail] = []
        self.loop = asyncio.get_running_loop()
        self.failed = asyncio.Event()
        self.rang = asyncio.Event()

    def send(self, mail: Mail) -> None:
        if not self.failed.is_set():
            self.loop.call_soon_threadsafe(self.failed.set)
            raise Unavailable("the database is away")
        self.sent.append(mail)
        self.loop.call_soon_threadsafe(self.rang.set)


def ask(database: Database, kind: str) -> None:
    with database.unit(TenantEntry(None)) as unit:
        MailOutbox(unit).ask(kind, "ada@school.example")


async def test_mail_leaves_although_a_round_fails(database: Database) -> None:
    bell = Bell()
    ask(database, "password_changed")
    app = web.Application()
    app.cleanup_ctx.append(rounds(Postman(database, bell, SECRET, "http://127.0.0.1"), every_s=0.01))
    async with TestServer(app), asyncio.timeout(10):
        await bell.failed.wait()
        await asyncio.to_thread(ask, database, "email_changed")
        await bell.rang.wait()
    assert [mail.subject for mail in bell.sent] == ["Your e-mail address was changed"]
