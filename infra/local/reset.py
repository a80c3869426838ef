"""`./unamentis reset`: forget everything that was stored on this machine, after asking."""

import os
import shutil
import sys
from pathlib import Path

from infra.local import keeper, postgres
from infra.local.errors import LocalError
from infra.local.state import DataFolder


def reset(data_dir: Path, *, sure: bool) -> int:
    """Delete the data folder's content, but not what is installed; return the exit status.

    Raises: LocalError: a server is using it, or nobody is there to be asked.
    """
    folder = DataFolder(data_dir)
    kept = folder.contents()
    if not kept:
        print(f"Nothing is stored in {data_dir}.")
        return 0
    lock = postgres.lock_folder(data_dir, patience=0)
    try:
        if not sure and not agreed(data_dir):
            print("Nothing was deleted.")
            return 1
        remove_server_home(folder.postgres)
        for path in kept:
            remove(path)
    finally:
        os.close(lock)
    print("Done. ./unamentis up starts afresh.")
    return 0


def agreed(data_dir: Path) -> bool:
    """Ask the person at the terminal.

    Raises: LocalError: there is none.
    """
    if not sys.stdin.isatty():
        raise LocalError("reset asks first, and nobody is there to answer: give --yes")
    answer = input(f"Delete the database, sessions, audio and tokens in {data_dir}? [y/N] ")
    return answer.strip().lower() in ("y", "yes")


def remove_server_home(data_dir: Path) -> None:
    """Delete what a server that ran as `nobody` keeps outside the data folder."""
    if os.geteuid() != 0 or not data_dir.exists() or postgres.choose_identity() != keeper.AS_NOBODY:
        return
    home = postgres.home_of(data_dir, keeper.AS_NOBODY, postgres.SERVICE_FOLDER)
    if not home.is_relative_to(data_dir):
        shutil.rmtree(home)


def remove(path: Path) -> None:
    """Delete a file or a folder.

    Raises: LocalError: it cannot be deleted.
    """
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    except OSError as error:
        raise LocalError(f"cannot delete {error.filename or path}: {error.strerror}") from error
