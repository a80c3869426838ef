"""Runs programs where nothing can be written but named folders, and as nobody in particular.

Where Linux lets us, in a mount namespace whose whole root is read-only; elsewhere with the write bits of the program's
own tree taken away.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# $1 is the number of folders that follow it, then comes the command.
_ENTER: Final = """
left=$1; shift
while [ "$left" -gt 0 ]; do mount --bind "$1" "$1"; shift; left=$((left - 1)); done
mount -o remount,bind,ro /
exec "$@"
"""
_USER: Final = 10_001
_BARE: Final = ["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]


@dataclass(frozen=True, slots=True)
class ReadOnly:
    """A way to run programs of one tree.

    Attributes:
        prefix: what goes before a command.
        whole: the whole root is read-only, not the tree alone.
    """

    prefix: list[str]
    whole: bool


def read_only(tree: Path, writable: Sequence[Path], interpreter: Path) -> ReadOnly:
    """Prepare the tree and the folders that may be written, and return how to run programs there.

    Args:
        interpreter: what must be executable; a Python in root's home is not for anybody else.
    """
    is_root = os.geteuid() == 0
    namespace = ["unshare", *([] if is_root else ["--user", "--map-root-user"]), "--mount", "--propagation", "private"]
    enter = [*namespace, "sh", "-ec", _ENTER, "sh", str(len(writable)), *map(str, writable)]
    if shutil.which("unshare") and _works([*enter, str(interpreter), "-c", ""]):
        if not is_root:
            return ReadOnly(enter, whole=True)
        drop = ["setpriv", f"--reuid={_USER}", f"--regid={_USER}", "--clear-groups", *_BARE]
        if _works([*enter, *drop, "test", "-x", str(interpreter.resolve())]):
            for folder in writable:
                os.chown(folder, _USER, _USER)
            return ReadOnly([*enter, *drop], whole=True)
        # Root without any capability: the read-only mount binds it, and so do files' modes.
        return ReadOnly([*enter, "setpriv", *_BARE], whole=True)
    for path in [tree, *tree.rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o222)
    return ReadOnly([], whole=False)


def _works(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
