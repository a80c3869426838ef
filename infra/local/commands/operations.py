"""Commands for who operates an installation: copies of its data, its costs, and whether all it needs works."""

import argparse
import os
from pathlib import Path

from infra.local.commands.grammar import Commands, add_data_dir, add_owner, whole
from infra.local.errors import LocalError


def add(commands: Commands) -> None:
    """Describe the commands of this group."""
    add_backup(commands.add_parser("backup", help="copy the database into the object store or a file"))
    add_restore(commands.add_parser("restore", help="fill an empty database from a backup"))
    add_cost(commands.add_parser("cost", help="compute what a month on AWS costs"))
    add_smoke(commands.add_parser("smoke", help="try what a learner does against a deployed address"))
    add_doctor(commands.add_parser("doctor", help="look at everything an installation needs, and say what to do"))


def add_backup(command: argparse.ArgumentParser) -> None:
    """Describe `backup`."""
    command.add_argument(
        "--to", metavar="PLACE", help="a new .tar file, or an object store; the installation's own unless given"
    )
    command.add_argument(
        "--keep", type=whole, metavar="N", help="remove all stored backups but the newest N afterwards"
    )
    command.add_argument("--list", action="store_true", help="make none; name those that are stored")
    add_owner(command)
    command.set_defaults(run=run_backup)


def add_restore(command: argparse.ArgumentParser) -> None:
    """Describe `restore`."""
    command.add_argument("name", nargs="?", help="of a stored backup; the newest unless given")
    command.add_argument("--from", dest="place", metavar="PLACE", help="as --to of backup")
    command.add_argument("--force", action="store_true", help="replace what the database holds now")
    command.add_argument(
        "--database-url",
        default=os.environ.get("DATABASE_URL"),
        help="of the database's owner; without it the embedded database, while no server runs; also DATABASE_URL",
    )
    add_data_dir(command)
    command.set_defaults(run=run_restore)


def add_doctor(command: argparse.ArgumentParser) -> None:
    """Describe `doctor`."""
    command.description = (
        "Reads the environment as the servers do, so run it where they run; on one machine the data folder is enough. "
        "Nothing is changed and nothing is spent. Ends with 1 where a check failed."
    )
    command.add_argument("--url", help="the public address, whose health and certificate are looked at")
    command.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    command.add_argument("--database-url", help="instead of DATABASE_URL, or of the server's that runs here")
    add_data_dir(command)
    command.set_defaults(run=run_doctor)


def add_cost(command: argparse.ArgumentParser) -> None:
    """Describe `cost`."""
    command.description = "From the templates and infra/aws/prices.json; docs/reference/costs.md compares."
    command.add_argument("--users", type=whole, default=50, help="learners who talk every day (%(default)s)")
    command.add_argument("--tier", choices=("beta", "production"), default="beta", help="%(default)s unless given")
    command.add_argument(
        "--capacity", choices=("default", "spot", "ondemand", "mixed"), default="default", help="of the voice service"
    )
    command.set_defaults(run=run_cost)


def run_cost(options: argparse.Namespace) -> int:
    """Print a month's bill."""
    from infra.aws.bill import told

    print(told(options.tier, options.users, options.capacity))
    return 0


def add_smoke(command: argparse.ArgumentParser) -> None:
    """Describe `smoke`."""
    command.description = "Costs one short answer and one sentence of speech. Ends with 1 where a step failed."
    command.add_argument("--url", help="of the deployment; the server started here otherwise")
    command.add_argument("--token", help="beta or access token; the demo learner's otherwise")
    command.add_argument("--email", help="of an account to sign in with, where there is no token")
    command.add_argument("--password-file", type=Path, metavar="FILE", help="the account's password")
    add_data_dir(command)
    command.set_defaults(run=run_smoke)


def run_backup(options: argparse.Namespace) -> int:
    """Back up, or list backups."""
    from infra.local import backups

    installation = backups.Installation(options.data_dir.absolute(), options.database_url, options.to)
    return backups.list_all(installation) if options.list else backups.make(installation, keep=options.keep)


def run_restore(options: argparse.Namespace) -> int:
    """Restore a backup."""
    from infra.local import backups

    installation = backups.Installation(options.data_dir.absolute(), options.database_url, options.place)
    return backups.bring_back(installation, options.name, force=options.force)


def run_doctor(options: argparse.Namespace) -> int:
    """Look at an installation."""
    from infra.local.doctor.round import Subject, examine

    subject = Subject(
        environ=dict(os.environ),
        data_dir=options.data_dir.absolute(),
        database_url=options.database_url,
        url=options.url,
    )
    return examine(subject, as_json=options.json)


def run_smoke(options: argparse.Namespace) -> int:
    """Try a deployment."""
    from infra.local.smoke import Target, smoke
    from infra.local.state import DataFolder

    running = None if options.url else DataFolder(options.data_dir.absolute()).running()
    url = options.url or (running and running.url)
    token = options.token or (None if options.email else running and running.token)
    if not url:
        raise LocalError("no server is running here: start one with ./unamentis up, or give --url")
    if not token and not (options.email and options.password_file):
        raise LocalError("as whom: give --token, or --email and --password-file")
    password = None
    if not token:
        try:
            password = options.password_file.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise LocalError(f"{options.password_file} cannot be read: {error.strerror}") from error
    return smoke(Target(url=url.rstrip("/"), token=token, email=options.email, password=password))
