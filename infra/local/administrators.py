"""`./unamentis admin`: who administers an installation, decided by who owns its database."""

import contextlib
import os
import secrets
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.local import postgres
from infra.local.errors import LocalError
from infra.local.prices import owner
from infra.local.state import DataFolder
from shared.auth.passwords import hash_password
from shared.auth.totp import provisioning_uri, totp_key
from shared.config import read_settings
from shared.db import Database
from shared.db.entry import CommandLine
from shared.db.runner import migrate
from shared.domain.emails import normal_email
from shared.errors import InvalidInput, NotFound
from shared.ids import known_id, new_id
from shared.repositories.admins import AdminRepository

SERVICE_TOKEN: Final = ".access"  # noqa: S105  how the client id of a Cloudflare Access service token ends


@dataclass(frozen=True, slots=True)
class Installation:
    """The database, as its owner, and the secret of one installation."""

    database: Database
    secret: bytes


@contextlib.contextmanager
def installation(data_dir: Path, database_url: str | None) -> Generator[Installation]:
    """Open an installation: a given database, the embedded one of a running server, or the embedded one by itself.

    Raises: LocalError: there is none, or its secret is not at hand.
    """
    folder = DataFolder(data_dir)
    with contextlib.ExitStack() as stack:
        url = None if database_url else running_database(folder)
        if url is None:
            url = stack.enter_context(owner(data_dir, database_url))
            if not database_url:
                migrate(url)
        secret = secret_of(folder, url, given=bool(database_url))
        database = Database(url, role=None)
        stack.callback(database.close)
        yield Installation(database, secret)


def running_database(folder: DataFolder) -> str | None:
    """Return the owner's URL of the embedded database of a running server; None when none runs."""
    if not (folder.path / "lock").exists():
        return None
    try:
        os.close(postgres.lock_folder(folder.path, patience=0))
    except LocalError:
        home = postgres.home_of(folder.postgres, postgres.choose_identity(), postgres.SERVICE_FOLDER)
        try:
            port = (home / "cluster" / "postmaster.pid").read_text(encoding="utf-8").splitlines()[3].strip()
        except (OSError, IndexError):
            raise LocalError(
                "the running server uses another database, or is still starting: give its owner's "
                "--database-url, or try again"
            ) from None
        return f"postgresql://{postgres.SUPERUSER}:{postgres.password_of(folder.postgres)}@127.0.0.1:{port}/postgres"
    return None


def secret_of(folder: DataFolder, url: str, *, given: bool) -> bytes:
    """Return the secret the installation's keys are derived from.

    Raises: LocalError: it is a database of one's own, and nobody said the secret of its server.
    """
    text = os.environ.get("UNAMENTIS_SECRET")
    if not text:
        if given and not (folder.path / "secret").exists():
            raise LocalError("UNAMENTIS_SECRET must be set to what the servers of this database have")
        text = folder.secret()
    return read_settings({"DATABASE_URL": url, "UNAMENTIS_SECRET": text}).secret


def add(place: Installation, name: str, *, role: str, tenants: list[str] | None, access_only: bool) -> None:
    """Make an administrator and print, this once, what they sign in with.

    Raises: InvalidInput: not an address, or a superadmin of certain tenants.
    """
    name = name.lower() if name.endswith(SERVICE_TOKEN) and "@" not in name else normal_email(name)
    if tenants and role == "superadmin":
        raise InvalidInput("a superadmin administers all tenants: give --role operator or support with --tenant")
    password, nonce = secrets.token_urlsafe(15), secrets.token_hex(16)
    signs_in_here = not access_only and "@" in name
    with place.database.unit(CommandLine("admin add")) as unit:
        AdminRepository(unit).add(
            new_id(),
            name=name,
            role=role,
            tenants=[known_id(tenant, "tenant") for tenant in tenants] if tenants else None,
            password_hash=hash_password(password) if signs_in_here else None,
            totp_nonce=nonce if signs_in_here else None,
        )
    print(f"{name} is {role} of {'certain tenants' if tenants else 'everything'}.")
    if signs_in_here:
        print(f"\n  password       {password}")
        print(f"  authenticator  {provisioning_uri(totp_key(place.secret, nonce), name)}\n")
        print("Neither is ever shown again. Sign in on the console, which is at /console/ of the server.")


def disable(place: Installation, name: str) -> None:
    """Take all rights of an administrator, at once.

    Raises: NotFound: there is none of this name.
    """
    with place.database.unit(CommandLine("admin disable")) as unit:
        disabled = AdminRepository(unit).disable(name.strip())
    if not disabled.result:
        raise NotFound("no administrator of this name")
    print(f"{name.strip().lower()} is no administrator any more.")


def show(place: Installation) -> None:
    """Print all administrators."""
    with place.database.unit(CommandLine("admin list")) as unit:
        found = AdminRepository(unit).all()
    for admin in found.result:
        reach = ", ".join(admin.tenants) if admin.tenants else "everything"
        how = "password and code" if admin.has_password else "Cloudflare Access"
        print(f"{admin.name}  {admin.role} of {reach}  {'disabled' if admin.disabled_at else how}")
    if not found.result:
        print("There is none: ./unamentis admin add EMAIL makes one.")
