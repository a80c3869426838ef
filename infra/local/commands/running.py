"""Commands that run the server, talk to it, and check the project."""

import argparse
import os
from pathlib import Path
from typing import Final

from infra.local.commands.grammar import Commands, add_data_dir, port
from infra.local.errors import LocalError

DEFAULT_PORT: Final = 8766
DEFAULT_CURRICULUM: Final = "light-and-colour"
DEFAULT_TOPIC: Final = "why-the-sky-is-blue"
PROVIDERS: Final = "offline (the default), groq, deepgram, openai, compatible, or mock for measurements"


def add(commands: Commands) -> None:
    """Describe the commands of this group."""
    add_up(commands.add_parser("up", help="start everything and print the page's address"))
    add_ask(commands.add_parser("ask", help="ask one question, spoken or typed, and hear the answer"))
    add_reset(commands.add_parser("reset", help="delete what is stored and start over; asks first"))
    for name in ("test", "check"):
        add_test(commands.add_parser(name, help="run the linters, the type and layer checks and every test"))


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


def run_reset(options: argparse.Namespace) -> int:
    """Delete what is stored."""
    from infra.local.reset import reset

    return reset(options.data_dir.absolute(), sure=options.yes)


def run_test(options: argparse.Namespace) -> int:
    """Check everything, or run pytest with the given arguments."""
    from infra.local.checks import check

    return check(options.extra)
