"""The commands of `./unamentis`.

At import only the standard library is needed, so that `--help` works before anything is installed.
"""

import argparse
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from infra.local.errors import LocalError
from shared.errors import AppError

ROOT: Final = Path(__file__).resolve().parents[2]
DEFAULT_PORT: Final = 8766
DEFAULT_CURRICULUM: Final = "light-and-colour"
DEFAULT_TOPIC: Final = "why-the-sky-is-blue"
PROVIDERS: Final = "offline (the default), groq, deepgram, openai, compatible, or mock for measurements"


def parser() -> argparse.ArgumentParser:
    """Return the command line's grammar."""
    top = argparse.ArgumentParser(
        prog="unamentis",
        description="UnaMentis Cloud on one machine: a voice tutor with its database, API and page.",
        epilog="Start with: ./unamentis up",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add_up(commands.add_parser("up", help="start everything and print the page's address"))
    add_ask(commands.add_parser("ask", help="ask one question, spoken or typed, and hear the answer"))
    add_prices(commands.add_parser("prices", help="add what vendors charge to the price book"))
    add_admin(commands.add_parser("admin", help="make, list and disable administrators"))
    add_token(commands.add_parser("token", help="make, list, label, rotate and revoke beta tokens"))
    add_tenant(commands.add_parser("tenant", help="make, list, limit and remove tenants"))
    add_session(commands.add_parser("session", help="print what happened in a session, and how long each stage took"))
    add_reset(commands.add_parser("reset", help="delete what is stored and start over; asks first"))
    for name in ("test", "check"):
        add_test(commands.add_parser(name, help="run the linters, the type and layer checks and every test"))
    return top


def add_up(command: argparse.ArgumentParser) -> None:
    """Describe `up`."""
    command.add_argument("--port", type=port, default=DEFAULT_PORT, help="of the page and the API (%(default)s)")
    add_data_dir(command)
    command.add_argument(
        "--database-url",
        default=os.environ.get("DATABASE_URL"),
        help="a PostgreSQL 15 or newer to use instead of the embedded one; also DATABASE_URL",
    )
    command.add_argument("--providers", metavar="NAME", help=f"who listens, thinks and speaks: {PROVIDERS}")
    for stage, does in (("stt", "listens"), ("llm", "thinks"), ("tts", "speaks")):
        told = f"who {does}, where it differs; several separated by commas are tried in turn"
        command.add_argument(f"--{stage}", metavar="NAME", help=told)
    command.set_defaults(run=run_up)


def add_ask(command: argparse.ArgumentParser) -> None:
    """Describe `ask`."""
    command.add_argument("question", help='a WAV file, or a sentence in quotes: "Why is the sky blue?"')
    command.add_argument("--topic", default=DEFAULT_TOPIC, help="id of the topic to ask about (%(default)s)")
    command.add_argument("--curriculum", default=DEFAULT_CURRICULUM, help="id of its curriculum (%(default)s)")
    command.add_argument("--out", type=Path, default=Path("answer.wav"), help="where the answer goes (%(default)s)")
    command.add_argument("--url", help="of the server; the one started here otherwise")
    command.add_argument("--token", help="beta or access token; the demo learner's otherwise")
    add_data_dir(command)
    command.set_defaults(run=run_ask)


def add_prices(command: argparse.ArgumentParser) -> None:
    """Describe `prices`."""
    command.add_argument("file", type=Path, help="a price list in JSON; docs/reference/budgets.md shows one")
    command.add_argument(
        "--database-url",
        default=os.environ.get("DATABASE_URL"),
        help="of the database's owner; without it the embedded database, while no server runs; also DATABASE_URL",
    )
    add_data_dir(command)
    command.set_defaults(run=run_prices)


def add_admin(command: argparse.ArgumentParser) -> None:
    """Describe `admin`."""
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="make an administrator, or give one new rights and a new password")
    add.add_argument("name", metavar="EMAIL", help="or the client id of a Cloudflare Access service token")
    add.add_argument("--role", choices=("superadmin", "operator", "support"), default="superadmin")
    add.add_argument("--tenant", action="append", metavar="ID", help="only this tenant; may be repeated")
    add.add_argument("--access-only", action="store_true", help="no password: signs in by Cloudflare Access alone")
    add_owner(add)
    add_owner(actions.add_parser("list", help="list all"))
    disable = actions.add_parser("disable", help="take all rights away, at once")
    disable.add_argument("name", metavar="EMAIL")
    add_owner(disable)
    command.set_defaults(run=run_admin)


def add_token(command: argparse.ArgumentParser) -> None:
    """Describe `token`."""
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    mint = actions.add_parser("mint", help="make a token and print it, this once")
    mint.add_argument("--user", metavar="ID", help="whose it is; the demo learner's unless given")
    mint.add_argument("--label", default="", help="what it is for")
    mint.add_argument("--per-minute", type=whole, default=600, help="requests it may make (%(default)s)")
    mint.add_argument("--days", type=whole, help="until it expires; never unless given")
    mint.add_argument("--bind-device", action="store_true", help="to the first device that uses it")
    parsers = [mint, actions.add_parser("list", help="list a tenant's tokens")]
    for name, does in (("revoke", "end a token"), ("rotate", "print a new token in place of one, which ends")):
        parsers.append(actions.add_parser(name, help=does))
        parsers[-1].add_argument("id")
    label = actions.add_parser("label", help="say what a token is for")
    label.add_argument("id")
    label.add_argument("label")
    for parser in (*parsers, label):
        parser.add_argument("--tenant", metavar="ID", help="the demo school unless given")
        add_owner(parser)
    command.set_defaults(run=run_token)


def add_tenant(command: argparse.ArgumentParser) -> None:
    """Describe `tenant`."""
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    create = actions.add_parser("create", help="make a tenant and print its id")
    create.add_argument("kind", choices=("individual", "team", "organisation"))
    create.add_argument("name")
    create.add_argument("--parent", metavar="ID", help="the organisation a team belongs to")
    listing = actions.add_parser("list", help="list the tenants, the newest first")
    caps = actions.add_parser("caps", help="show or set what a tenant may spend on a day and in a month")
    caps.add_argument("id")
    for period in ("day", "month"):
        caps.add_argument(f"--{period}", metavar="USD", help="such as 2.50, or default: what every tenant has")
    for parser in (create, listing, caps):
        add_owner(parser)
    remove = actions.add_parser("remove", help="remove its rows, its teams and its objects, and show that none is left")
    remove.add_argument("id")
    remove.add_argument("--yes", action="store_true", help="it cannot be undone")
    add_owner(remove)
    command.set_defaults(run=run_tenant)


def add_session(command: argparse.ArgumentParser) -> None:
    """Describe `session`."""
    command.add_argument("id", help="as the clients and the log name it")
    add_owner(command)
    command.set_defaults(run=run_session)


def add_owner(command: argparse.ArgumentParser) -> None:
    """Describe which database a command works on, as its owner."""
    command.add_argument(
        "--database-url",
        default=os.environ.get("DATABASE_URL"),
        help="of the database's owner; the embedded database unless given; also DATABASE_URL",
    )
    add_data_dir(command)


def whole(text: str) -> int:
    """Return a whole number above 0."""
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= 1_000_000):
        raise argparse.ArgumentTypeError("must be a whole number from 1 to 1000000")
    return int(text)


def add_reset(command: argparse.ArgumentParser) -> None:
    """Describe `reset`."""
    command.add_argument("--yes", action="store_true", help="do not ask")
    add_data_dir(command)
    command.set_defaults(run=run_reset)


def add_test(command: argparse.ArgumentParser) -> None:
    """Describe `test`."""
    command.usage = "unamentis test [pytest's arguments]"
    command.description = "With arguments, only pytest runs, with these: unamentis test tests/core -k sentences"
    command.epilog = "The page's tests need Chromium, which is installed when there is none."
    command.set_defaults(run=run_test)


def add_data_dir(command: argparse.ArgumentParser) -> None:
    """Describe `--data-dir`."""
    default = Path(os.environ.get("UNAMENTIS_DATA_DIR") or ROOT / ".unamentis")
    told = "what is kept between starts (.unamentis); also UNAMENTIS_DATA_DIR"
    command.add_argument("--data-dir", type=Path, default=default, help=told)


def port(text: str) -> int:
    """Return a TCP port."""
    number = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= number <= 65_535:
        raise argparse.ArgumentTypeError("must be a whole number from 0 to 65535")
    return number


def run_up(options: argparse.Namespace) -> int:
    """Serve until told to stop."""
    from infra.local.up import Start, up

    for stage in ("providers", "stt", "llm", "tts"):
        if chosen := getattr(options, stage):
            os.environ[f"UNAMENTIS_{stage.upper()}"] = chosen
    return up(Start(port=options.port, data_dir=options.data_dir.absolute(), database_url=options.database_url))


def run_ask(options: argparse.Namespace) -> int:
    """Ask one question."""
    from infra.local.ask import Question, ask
    from infra.local.state import DataFolder

    running = DataFolder(options.data_dir.absolute()).running()
    url, token = options.url or (running and running.url), options.token or (running and running.token)
    if not url or not token:
        missing = "--token is missing" if url else "no server is running here"
        raise LocalError(f"{missing}: start one with ./unamentis up, or give --url and --token")
    ask(
        Question(
            asked=options.question,
            url=url.rstrip("/"),
            token=token,
            curriculum=options.curriculum,
            topic=options.topic,
            answer=options.out,
        )
    )
    return 0


def run_prices(options: argparse.Namespace) -> int:
    """Add a price list."""
    from infra.local.prices import add

    return add(options.file, options.data_dir.absolute(), options.database_url)


def run_admin(options: argparse.Namespace) -> int:
    """Manage administrators."""
    from infra.local import administrators

    with administrators.installation(options.data_dir.absolute(), options.database_url) as place:
        if options.action == "add":
            administrators.add(
                place, options.name, role=options.role, tenants=options.tenant, access_only=options.access_only
            )
        elif options.action == "disable":
            administrators.disable(place, options.name)
        else:
            administrators.show(place)
    return 0


def run_session(options: argparse.Namespace) -> int:
    """Print a session's timeline."""
    from infra.local import administrators, timeline

    with administrators.installation(options.data_dir.absolute(), options.database_url) as place:
        timeline.show(place, options.id)
    return 0


def run_token(options: argparse.Namespace) -> int:
    """Manage beta tokens."""
    from infra.local import administrators, tokens

    with administrators.installation(options.data_dir.absolute(), options.database_url) as place:
        tenant = tokens.Tenant(place, options.tenant)
        match options.action:
            case "mint":
                tenant.mint(
                    options.user,
                    label=options.label,
                    per_minute=options.per_minute,
                    days=options.days,
                    bind_device=options.bind_device,
                )
            case "rotate":
                tenant.rotate(options.id)
            case "revoke":
                tenant.revoke(options.id)
            case "label":
                tenant.label(options.id, options.label)
            case _:
                tenant.show()
    return 0


def run_tenant(options: argparse.Namespace) -> int:
    """Make, list, limit or remove tenants."""
    from infra.local import administrators, tenants
    from shared.storage.objects import open_objects

    folder = options.data_dir.absolute()
    with administrators.installation(folder, options.database_url) as place:
        if options.action == "create":
            tenants.create(place, options.kind, options.name, parent_id=options.parent)
            return 0
        if options.action == "list":
            tenants.show(place)
            return 0
        if options.action == "caps":
            tenants.caps(place, options.id, day=options.day, month=options.month)
            return 0
        # Another database's objects are where its servers keep them.
        store = None if options.database_url else open_objects((folder / "objects").as_uri())
        tenants.remove(place, store, options.id, sure=options.yes)
    return 0


def run_reset(options: argparse.Namespace) -> int:
    """Delete what is stored."""
    from infra.local.reset import reset

    return reset(options.data_dir.absolute(), sure=options.yes)


def run_test(options: argparse.Namespace) -> int:
    """Check everything, or run pytest with the given arguments."""
    from infra.local.checks import check

    return check(options.extra)


def main(arguments: Sequence[str]) -> int:
    """Run one command; every failure is one line on standard error and a status other than 0."""
    grammar = parser()
    options, extra = grammar.parse_known_args(arguments)
    if extra and options.run is not run_test:
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
        trace.parent.mkdir(exist_ok=True)
        trace.write_text(traceback.format_exc(), encoding="utf-8")
        return fail(f"this is a fault of ours, {type(error).__name__}; {trace} says where")


def fail(line: str) -> int:
    """Print one line about a failure and return the status that goes with it."""
    print(f"unamentis: {' '.join(line.split())}", file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
