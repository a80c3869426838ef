"""Commands for who administers an installation: people, tenants, tokens, prices and what happened in a session."""

import argparse
import os
from pathlib import Path

from infra.local.commands.grammar import Commands, add_data_dir, add_owner, whole


def add(commands: Commands) -> None:
    """Describe the commands of this group."""
    add_prices(commands.add_parser("prices", help="add what vendors charge to the price book"))
    add_admin(commands.add_parser("admin", help="make, list and disable administrators"))
    add_token(commands.add_parser("token", help="make, list, label, limit, rotate and revoke beta tokens"))
    add_tenant(commands.add_parser("tenant", help="make, list, limit and remove tenants"))
    add_session(commands.add_parser("session", help="print what happened in a session, and how long each stage took"))


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
    limit = actions.add_parser("limit", help="change how many requests a token may make, and until when it stands")
    limit.add_argument("id")
    limit.add_argument("--per-minute", type=whole, help="as it is unless given")
    expiry = limit.add_mutually_exclusive_group()
    expiry.add_argument("--days", type=whole, help="from now until it expires; as it is unless given")
    expiry.add_argument("--for-ever", action="store_true", help="it does not expire")
    for parser in (*parsers, label, limit):
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
    limits = actions.add_parser("limits", help="show or set how many requests a minute a tenant may make")
    limits.add_argument("id")
    for whose, what in (("account", "each of its accounts"), ("tenant", "all of them together")):
        limits.add_argument(f"--{whose}", metavar="N", help=f"of {what}; or default: as the deployment")
    for parser in (create, listing, caps, limits):
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
            case "limit":
                tenant.limit(options.id, per_minute=options.per_minute, days=options.days, for_ever=options.for_ever)
            case _:
                tenant.show()
    return 0


def run_tenant(options: argparse.Namespace) -> int:
    """Make, list, limit or remove tenants."""
    from infra.local import administrators, tenants
    from shared.storage.objects import open_objects

    folder = options.data_dir.absolute()
    with administrators.installation(folder, options.database_url) as place:
        match options.action:
            case "create":
                tenants.create(place, options.kind, options.name, parent_id=options.parent)
            case "list":
                tenants.show(place)
            case "caps":
                tenants.caps(place, options.id, day=options.day, month=options.month)
            case "limits":
                tenants.limits(place, options.id, account=options.account, tenant=options.tenant)
            case _:
                # Another database's objects are where its servers keep them.
                store = None if options.database_url else open_objects((folder / "objects").as_uri())
                tenants.remove(place, store, options.id, sure=options.yes)
    return 0
