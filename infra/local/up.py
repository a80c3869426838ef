"""`./unamentis up`: database, schema, content, API, voice and page; one process, and the database server beside it."""

import asyncio
import contextlib
import errno
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final
from urllib.parse import urlsplit

from aiohttp import web

from infra.local.errors import LocalError
from infra.local.postgres import EmbeddedPostgres, lock_folder
from infra.local.state import DataFolder, Running
from shared.config import read_settings
from shared.db import Database
from shared.db.app_login import allow_app_login
from shared.db.connection import APP_ROLE
from shared.db.runner import migrate
from shared.errors import AppError, Conflict, Unavailable

ADDRESS: Final = "127.0.0.1"
LEAST_FREE_BYTES: Final = 24 * 1024 * 1024
STOPPING_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What the command line asked for; `port` 0 takes a free one, without `database_url` the embedded server runs."""

    port: int
    data_dir: Path
    database_url: str | None = None


def up(start: Start) -> int:
    """Serve until SIGINT or SIGTERM; return the exit status.

    Raises: LocalError: a port, folder or database cannot be used; in one line.
    """
    for number in STOPPING_SIGNALS:
        # Until everything runs: unwind as Ctrl-C does, even where a shell had a background job ignore it.
        signal.signal(number, signal.default_int_handler)
    folder = DataFolder(start.data_dir)
    folder.make()
    try:
        run(start, folder, sys.stdout)
    except (LocalError, AppError, OSError) as error:
        # Whatever a full disk broke first, the disk is what to look at.
        if shutil.disk_usage(folder.path).free < LEAST_FREE_BYTES:
            raise LocalError(f"the disk that holds {folder.path} is full") from error
        raise
    return 0


def run(start: Start, folder: DataFolder, terminal: IO[str]) -> None:
    """Start one part after the other, serve, and stop them in the opposite order."""
    # Loggers write to standard output, which here belongs to the person at the terminal.
    with (
        only_server(folder),
        listening(start.port) as listener,
        folder.open_log() as log,
        contextlib.redirect_stdout(log),
        database(start, folder, terminal) as owner_url,
    ):
        app_url = apply_schema(owner_url, folder, terminal, own=not start.database_url)
        configure(app_url, folder, owner_url=None if start.database_url else owner_url)
        token = fill(app_url, folder, terminal)
        serve(listener, folder, token, terminal)
    say(terminal, "Stopped.")


@contextlib.contextmanager
def only_server(folder: DataFolder) -> Generator[None]:
    """Hold the data folder for this process.

    Raises: LocalError: another server has it.
    """
    try:
        lock = lock_folder(folder.path, patience=0)
    except LocalError:
        running = folder.running()
        where = f"the server at {running.url}" if running else "another server"
        raise LocalError(f"{folder.path} is in use by {where}: stop that one, or give this one --data-dir") from None
    try:
        yield
    finally:
        folder.withdraw()
        os.close(lock)


@contextlib.contextmanager
def listening(port: int) -> Generator[socket.socket]:
    """Take the port before anything slow happens.

    Raises: LocalError: it is taken, or not for this user.
    """
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((ADDRESS, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise LocalError(f"port {port} is taken: stop what listens there, or give another --port") from error
        raise LocalError(f"cannot listen on port {port}: {error.strerror}") from error
    with listener:
        yield listener


@contextlib.contextmanager
def database(start: Start, folder: DataFolder, terminal: IO[str]) -> Generator[str]:
    """Provide the owner's URL: of the given server, or of an embedded one for as long as this lasts."""
    if start.database_url:
        yield checked(start.database_url)
        return
    begin = time.monotonic()
    say(terminal, "Starting the database …", end=" ")
    with EmbeddedPostgres(folder.postgres, durable=True) as server:
        say(terminal, f"ready after {time.monotonic() - begin:.1f} s")
        yield server.url


def checked(url: str) -> str:
    """Return the URL of a database of one's own.

    Raises: LocalError: it is not a PostgreSQL URL.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
        raise LocalError("DATABASE_URL must look like postgresql://user:password@host:5432/database")
    return url


def apply_schema(owner_url: str, folder: DataFolder, terminal: IO[str], *, own: bool) -> str:
    """Bring the schema up to date and return the URL the application uses.

    Args:
        own: the database is ours alone, so the application gets a login without its owner's rights. Another's is
            used with the login that was given, as the application role.
    Raises: LocalError: the database does not answer, or was made by other migrations than these.
    """
    try:
        applied = migrate(owner_url)
    except Unavailable as error:
        host = urlsplit(owner_url).hostname or "its socket"
        raise LocalError(
            f"the database at {host} does not answer or refuses this login: check DATABASE_URL and that it runs"
        ) from error
    except Conflict as error:
        advice = "; if nothing in it is worth keeping, ./unamentis reset starts over" if own else ""
        raise LocalError(f"{error.message}{advice}") from error
    say(terminal, f"Schema: {len(applied)} migrations applied" if applied else "Schema: up to date")
    if not own:
        return owner_url
    parts = urlsplit(owner_url)
    app_url = parts._replace(netloc=f"{APP_ROLE}:{folder.database_password()}@{parts.hostname}:{parts.port}").geturl()
    allow_app_login(owner_url, app_url)
    return app_url


def fill(url: str, folder: DataFolder, terminal: IO[str]) -> str:
    """Bring the content up to date and return the demo learner's token."""
    from infra.local import seed
    from shared.public_content import store_public_content

    secret = read_settings(os.environ).secret
    database = Database(url)
    try:
        content = store_public_content(database, seed.CONTENT)
        seed.seed_school(database)
        seed.standing_token(database, seed.TEACHER, secret=secret, file=folder.teacher_token)
        token = seed.standing_token(database, seed.LEARNER, secret=secret, file=folder.learner_token)
    finally:
        database.close()
    say(terminal, f"Content: {content.curricula} curricula, {content.questions} questions")
    return token


def configure(url: str, folder: DataFolder, *, owner_url: str | None) -> None:
    """Tell the functions and core, who read the environment once, where everything is.

    Args: owner_url: of a database that is ours alone, so that it is backed up.
    """
    os.environ["DATABASE_URL"] = url
    if owner_url:
        os.environ.setdefault("UNAMENTIS_OWNER_DATABASE_URL", owner_url)
    os.environ["UNAMENTIS_DATA_DIR"] = str(folder.path)
    os.environ.setdefault("UNAMENTIS_OBJECTS_URL", (folder.path.resolve() / "objects").as_uri())
    os.environ.setdefault("UNAMENTIS_SECRET", folder.secret())
    os.environ.setdefault("UNAMENTIS_DATABASE_POOL", "4")
    # numpy's matrix products here are too small for threads; read when numpy is imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def serve(listener: socket.socket, folder: DataFolder, token: str, terminal: IO[str]) -> None:
    """Run the server on the listener until a stopping signal."""
    import uvloop

    from infra.local.server import build

    say(terminal, "Starting the tutor …")

    async def until_stopped() -> None:
        stop = asyncio.Event()
        stopping_signals(stop, terminal)
        runner = web.AppRunner(build(os.environ), access_log=None, shutdown_timeout=2.0)
        await runner.setup()
        try:
            await web.SockSite(runner, listener).start()
            url = f"http://{ADDRESS}:{listener.getsockname()[1]}"
            folder.announce(Running(url, token))
            greet(terminal, url, token, folder)
            await stop.wait()
        finally:
            await runner.cleanup()

    uvloop.run(until_stopped())


def stopping_signals(stop: asyncio.Event, terminal: IO[str]) -> None:
    """Stop in good order at the first signal, at once at the second; the database looks after itself."""

    def on_signal() -> None:
        if stop.is_set():
            os._exit(1)
        say(terminal, "\nStopping; sentences under way are finished. Once more stops at once.")
        stop.set()

    for number in STOPPING_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, on_signal)


def greet(terminal: IO[str], url: str, token: str, folder: DataFolder) -> None:
    """Print what can be done now."""
    default = Path(__file__).resolve().parents[2] / ".unamentis"
    elsewhere = "" if folder.path == default else f" --data-dir '{folder.path}'"
    say(
        terminal,
        f"""
UnaMentis is ready.

  page   {url}/#token={token}
  token  {token}
         (a learner's; a teacher's is in {folder.teacher_token})
  ask    ./unamentis ask samples/question.wav{elsewhere}
  administer it at {url}/console/ as whoever ./unamentis admin add EMAIL{elsewhere} makes

Everything is kept in {folder.path}. Ctrl-C stops it.""",
    )


def say(terminal: IO[str], text: str, end: str = "\n") -> None:
    """Print to the terminal at once, whatever standard output is redirected to."""
    print(text, end=end, file=terminal, flush=True)
