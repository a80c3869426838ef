"""The container image's entry point: `python -m infra.server COMMAND`. It reads the environment, nothing else does.

api      the functions and the pages on one listener
core     the voice service
serve    both on one listener
migrate  bring the database's schema and the shared content up to date, as its owner (MIGRATION_DATABASE_URL)
ready    exit with 0 if the server of this container answers that it is ready: a health check
admin, tenant, token, session, prices, backup, restore
         what `./unamentis` has under these names, on the owner's database; try: tenant --help
"""

import os

# numpy's matrix products here are too small for threads: those would only spin. Must be set before numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from infra.local.errors import LocalError
from shared.errors import AppError, InvalidInput

MANAGING: Final = ("admin", "tenant", "token", "session", "prices", "backup", "restore")


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit status; a wrong setting is one line on standard error."""
    command, rest = (arguments[0], arguments[1:]) if arguments else ("", ())
    if command in MANAGING:
        return manage(arguments)
    if command not in COMMANDS or rest:
        sys.stderr.write(__doc__ or "")
        return 0 if command in {"-h", "--help"} else 2
    try:
        return COMMANDS[command](os.environ)
    except (AppError, LocalError) as error:
        sys.stderr.write(f"{error}\n")
        return 2 if isinstance(error, InvalidInput) else 1


def run_api(environ: Mapping[str, str]) -> int:
    """Serve the functions."""
    from core.http.listener import run
    from infra.server.serving import api

    run(api(environ))
    return 0


def run_core(environ: Mapping[str, str]) -> int:
    """Serve the sockets."""
    from core.http.listener import run
    from core.main import serve
    from core.settings import read_settings
    from infra.server.serving import DEFAULT_PORT

    run(serve(read_settings({"UNAMENTIS_PORT": str(DEFAULT_PORT), **environ})))
    return 0


def run_both(environ: Mapping[str, str]) -> int:
    """Serve everything."""
    from core.http.listener import run
    from infra.server.serving import both

    run(both(environ))
    return 0


def run_migrate(environ: Mapping[str, str]) -> int:
    """Migrate, and print what was applied."""
    from infra.server.migrating import migrate_all

    done = migrate_all(environ)
    sys.stdout.write(f"{len(done.applied)} migrations applied; {done.curricula} shared curricula\n")
    return 0


def run_ready(environ: Mapping[str, str]) -> int:
    """Ask the server of this container."""
    from infra.server.asking import is_ready

    return 0 if is_ready(environ) else 1


def manage(arguments: Sequence[str]) -> int:
    """Run a command of `./unamentis` on the owner's database."""
    from infra.local.cli import main as command_line

    if owner := os.environ.get("MIGRATION_DATABASE_URL"):
        os.environ["DATABASE_URL"] = owner
    return command_line(arguments)


COMMANDS: Final[dict[str, Callable[[Mapping[str, str]], int]]] = {
    "api": run_api,
    "core": run_core,
    "serve": run_both,
    "migrate": run_migrate,
    "ready": run_ready,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
