"""The data folder: what one installation keeps between starts. Files with secrets are readable by our user only."""

import base64
import contextlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import msgspec

from infra.local.errors import LocalError

SECRET_BYTES: Final = 32
LARGEST_LOG_BYTES: Final = 20_000_000


class Running(msgspec.Struct, frozen=True):
    """Where a started server is, for `ask`.

    Attributes:
        url: of the page and the API, without a slash at the end.
        token: the beta token of the demo learner.
    """

    url: str
    token: str


@dataclass(frozen=True, slots=True)
class DataFolder:
    """The places inside the data folder."""

    path: Path

    @property
    def postgres(self) -> Path:
        """The embedded database server's folder."""
        return self.path / "postgres"

    @property
    def objects(self) -> Path:
        """The object store on disk."""
        return self.path / "objects"

    @property
    def learner_token(self) -> Path:
        """The demo learner's beta token."""
        return self.path / "learner.token"

    @property
    def teacher_token(self) -> Path:
        """The demo teacher's beta token."""
        return self.path / "teacher.token"

    @property
    def _log(self) -> Path:
        return self.path / "server.log"

    @property
    def _database_password(self) -> Path:
        return self.path / "database-password"

    @property
    def _secret(self) -> Path:
        return self.path / "secret"

    @property
    def _running(self) -> Path:
        return self.path / "running.json"

    def contents(self) -> list[Path]:
        """Return what is stored here now; what is installed beside it does not count."""
        tokens = (self.learner_token, self.teacher_token)
        private = (self._secret, self._database_password, *tokens)
        kept = (self.postgres, self.objects, *private, self._running, self._log)
        return [path for path in kept if path.exists()]

    def make(self) -> None:
        """Make the folder when it is missing.

        Raises: LocalError: it cannot be made or written.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise LocalError(f"cannot use {self.path} as data folder: {error.strerror}") from error
        if not os.access(self.path, os.W_OK | os.X_OK):
            raise LocalError(f"cannot write to the data folder {self.path}")

    def secret(self) -> str:
        """Return the secret all keys of this installation are derived from, in base64; made on the first start."""
        if not self._secret.exists():
            write_private(self._secret, base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode("ascii"))
        return self._secret.read_text(encoding="ascii").strip()

    def database_password(self) -> str:
        """Return the password the application logs in to the embedded database with; made on the first start."""
        if not self._database_password.exists():
            write_private(self._database_password, secrets.token_urlsafe(SECRET_BYTES))
        return self._database_password.read_text(encoding="ascii").strip()

    def open_log(self) -> IO[str]:
        """Open what the server writes beyond the terminal, afresh when it has grown large."""
        large = self._log.exists() and self._log.stat().st_size > LARGEST_LOG_BYTES
        descriptor = os.open(self._log, os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if large else os.O_APPEND), 0o600)
        return os.fdopen(descriptor, "w", encoding="utf-8", buffering=1)

    def announce(self, running: Running) -> None:
        """Note where the server is."""
        write_private(self._running, msgspec.json.encode(running).decode())

    def withdraw(self) -> None:
        """Note that the server is gone."""
        self._running.unlink(missing_ok=True)

    def running(self) -> Running | None:
        """Return where the server is, or None when none was started or it said goodbye."""
        with contextlib.suppress(OSError, msgspec.DecodeError, msgspec.ValidationError):
            return msgspec.json.decode(self._running.read_bytes(), type=Running)
        return None


def write_private(path: Path, text: str) -> None:
    """Write a file only our user can read, whole or not at all."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.touch(mode=0o600)
    unfinished.write_text(text, encoding="utf-8")
    unfinished.rename(path)
