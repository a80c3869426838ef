"""Commands for who runs the container image on a machine of their own."""

import argparse
from pathlib import Path

from infra.local.commands.grammar import ROOT, Commands


def add(commands: Commands) -> None:
    """Describe the commands of this group."""
    make = commands.add_parser("compose-env", help="make the secrets that docker-compose.yml asks for")
    make.add_argument("--objects", choices=("disk", "minio"), default="disk", help="who keeps objects (%(default)s)")
    make.add_argument("--file", type=Path, default=ROOT / ".env", help="where they go (.env beside docker-compose.yml)")
    make.set_defaults(run=run_compose_env)


def run_compose_env(options: argparse.Namespace) -> int:
    """Make the secrets."""
    from infra.local.compose import compose_env

    return compose_env(options.file, objects=options.objects)
