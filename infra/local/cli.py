"""The commands of `./unamentis`.

At import only the standard library is needed, so that `--help` works before anything is installed.
"""

import argparse
import sys
import traceback
from collections.abc import Callable, Sequence

from infra.local.commands import administration, containers, operations, running
from infra.local.commands.grammar import ROOT
from infra.local.errors import LocalError
from shared.errors import AppError


def parser() -> argparse.ArgumentParser:
    """Return the command line's grammar."""
    top = argparse.ArgumentParser(
        prog="unamentis",
        description="UnaMentis Cloud on one machine: a voice tutor with its database, API and page.",
        epilog="Start with: ./unamentis up",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    # Help lists them in this order; a new group gets a line here and a module in infra/local/commands.
    for group in (running, administration, containers, operations):
        group.add(commands)
    return top


def main(arguments: Sequence[str]) -> int:
    """Run one command; every failure is one line on standard error and a status other than 0."""
    grammar = parser()
    options, extra = grammar.parse_known_args(arguments)
    if extra and options.run is not running.run_test:
        grammar.error(f"unrecognized arguments: {' '.join(extra)}")
    options.extra = extra
    command: Callable[[argparse.Namespace], int] = options.run
    try:
        return command(options)
    except (LocalError, AppError) as error:
        return fail(str(error))
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001 - the edge: nobody at a terminal is helped by a traceback
        trace = ROOT / ".unamentis" / "trace.log"
        try:
            trace.parent.mkdir(exist_ok=True)
            trace.write_text(traceback.format_exc(), encoding="utf-8")
        except OSError:  # nothing may be written here, as in a container
            traceback.print_exc()
            return fail(f"this is a fault of ours, {type(error).__name__}")
        return fail(f"this is a fault of ours, {type(error).__name__}; {trace} says where")


def fail(line: str) -> int:
    """Print one line about a failure and return the status that goes with it."""
    print(f"unamentis: {' '.join(line.split())}", file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
