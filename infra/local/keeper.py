"""Run one command as somebody PostgreSQL accepts, and never outlive whoever asked for it.

Started as a program of its own, `python -I keeper.py IDENTITY COMMAND…`, with a pipe as standard input. When the
other end of the pipe closes, because `stop()` was called or because the owner was killed, the command gets SIGINT
(PostgreSQL's fast shutdown), later SIGQUIT and SIGKILL. Standard library only: it runs before anything else does.
"""

import ctypes
import os
import pwd
import select
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

AS_SELF: Final = "self"
AS_NAMESPACE: Final = "namespace"
AS_NOBODY: Final = "nobody"

CLONE_NEWUSER: Final = 0x10000000
PR_SET_PDEATHSIG: Final = 1
REFUSED_STATUS: Final = 125

# What the command is told, one after the other, and how many seconds it has to obey.
LADDER: Final = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))


def enter_namespace() -> None:
    """Become an ordinary user in a user namespace of our own; outside, files still belong to whoever we were.

    Raises: OSError: the kernel or the container does not allow it.
    """
    uid, gid = os.getuid(), os.getgid()
    inner = next(entry for entry in pwd.getpwall() if entry.pw_uid not in (0, 65534))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "user namespaces are not allowed here")
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{inner.pw_uid} {uid} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{inner.pw_gid} {gid} 1", encoding="ascii")


def become_nobody() -> None:
    """Give up root for good.

    Raises: OSError: root here may not change its identity. KeyError: there is no user `nobody`.
    """
    nobody = pwd.getpwnam("nobody")
    os.setgroups([])
    os.setgid(nobody.pw_gid)
    os.setuid(nobody.pw_uid)


def run_command(identity: str, command: list[str], keeper: int) -> NoReturn:
    """Turn this freshly forked process into the command."""
    try:
        if identity == AS_NAMESPACE:
            enter_namespace()
        elif identity == AS_NOBODY:
            become_nobody()
        if sys.platform == "linux":
            # After the change of identity, which clears it.
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGINT), 0, 0, 0)
        if os.getppid() != keeper:
            os._exit(REFUSED_STATUS)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        signal.set_wakeup_fd(-1)
        # A shell's background job inherits ignored interrupts, and the interrupt is how the command is told to end.
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        os.execv(command[0], command)  # noqa: S606 - the whole purpose; no shell is involved
    except (OSError, KeyError, StopIteration) as error:
        print(f"{command[0]}: {error}", file=sys.stderr, flush=True)
    os._exit(REFUSED_STATUS)


def drain(wakeup: int) -> None:
    """Empty the pipe the signal handlers write to."""
    try:
        while os.read(wakeup, 512):
            pass
    except BlockingIOError:
        return


def finished(child: int) -> int | None:
    """Return the command's exit status once it has one (negative: the signal that ended it)."""
    pid, status = os.waitpid(child, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if pid else None


def keep(child: int, wakeup: int, stopping: list[int]) -> int:
    """Wait until the command ends or its owner goes away, then see that it is gone; return its status."""
    while not stopping:
        if (status := finished(child)) is not None:
            return status
        ready, _, _ = select.select([0, wakeup], [], [])
        if wakeup in ready:
            drain(wakeup)
        if 0 in ready and not os.read(0, 512):
            break
    for number, patience in LADDER:
        if (status := finished(child)) is not None:
            return status
        os.kill(child, number)
        status = wait_for(child, wakeup, patience)
        if status is not None:
            return status
    return REFUSED_STATUS


def wait_for(child: int, wakeup: int, seconds: float) -> int | None:
    """Give the command `seconds` to end."""
    while (status := finished(child)) is None:
        ready, _, _ = select.select([wakeup], [], [], seconds)
        if not ready:
            return finished(child)
        drain(wakeup)
    return status


def main(arguments: list[str]) -> int:
    """Keep `COMMAND…` under `IDENTITY`; return its status, or 125 when the identity was refused."""
    identity, *command = arguments
    wakeup, writer = os.pipe()
    for descriptor in (wakeup, writer):
        os.set_blocking(descriptor, False)
    stopping: list[int] = []
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)

    def on_signal(number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGTERM:
            stopping.append(number)

    for number in (signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, on_signal)
    keeper = os.getpid()
    child = os.fork()
    if child == 0:
        run_command(identity, command, keeper)
    status = keep(child, wakeup, stopping)
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
