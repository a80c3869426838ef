"""Mail as files, for one machine without a mail server: one `.eml` each, which any mail program opens."""

from email.policy import SMTP
from email.utils import make_msgid
from pathlib import Path

from shared.ids import new_id
from shared.mail.port import Mail, MailUnavailable


class FolderMailer:
    """Writes mail into a folder that only its owner can read."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder = folder
        self._sender = sender

    def send(self, mail: Mail) -> None:
        """Write one mail; it appears complete or not at all."""
        message = mail.message(self._sender)
        message["Message-ID"] = make_msgid(domain="localhost")
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            unfinished = self._folder / f".{new_id()}"
            unfinished.write_bytes(message.as_bytes(policy=SMTP))
            unfinished.rename(self._folder / f"{unfinished.name[1:]}.eml")
        except OSError as exc:
            raise MailUnavailable("the outbox folder cannot be written") from exc
