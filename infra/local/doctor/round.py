"""Looks at one installation, through the environment its processes have or, on one machine, its data folder."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from infra.local.administrators import running_database
from infra.local.doctor import certificates, configuration, database, server, storage, vendors
from infra.local.doctor.findings import Finding, ok, warning
from infra.local.errors import LocalError
from infra.local.state import DataFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is looked at.

    Attributes:
        environ: as the processes of the installation have it. data_dir: of an installation on this machine.
        database_url: of its database; None: what the environment or the data folder says.
        url: its public address; None: what the environment says, or the server that runs here.
    """

    environ: Mapping[str, str]
    data_dir: Path
    database_url: str | None = None
    url: str | None = None


def examine(subject: Subject, *, as_json: bool) -> int:
    """Print what was found; return 1 where anything failed."""
    found: list[Finding] = []
    for finding in findings(subject):
        found.append(finding)
        if not as_json:
            print(finding.line, flush=True)
    failures = sum(finding.state == "failed" for finding in found)
    if as_json:
        print(msgspec.json.encode({"ok": not failures, "checks": found}).decode())
    return 1 if failures else 0


def findings(subject: Subject) -> Iterator[Finding]:
    """Yield what every check finds, in an order in which the first failure often explains those behind it."""
    environ, here = _environment(subject)
    yield from here
    settings = None
    if url := environ.get("DATABASE_URL"):
        settings, found = configuration.read(environ)
        yield from found
        yield from database.check(url)
        yield from database.check_queue(url)
    objects = subject.data_dir / "objects"
    if environ.get("UNAMENTIS_OBJECTS_URL") or objects.exists():
        yield from storage.check(environ.get("UNAMENTIS_OBJECTS_URL") or objects.as_uri())
    yield from storage.check_disk(subject.data_dir)
    if settings is not None:
        yield from vendors.check(settings.providers)
    running = DataFolder(subject.data_dir).running()
    address = subject.url or environ.get("UNAMENTIS_PUBLIC_URL") or (running and running.url)
    if address:
        yield from server.check(address)
        yield from certificates.check(address)


def _environment(subject: Subject) -> tuple[dict[str, str], list[Finding]]:
    """Return the environment the processes have: on one machine, `up` makes some of it from the data folder."""
    environ = dict(subject.environ)
    if subject.database_url:
        environ["DATABASE_URL"] = subject.database_url
    folder = DataFolder(subject.data_dir)
    if "UNAMENTIS_SECRET" not in environ and folder.contents():
        environ["UNAMENTIS_SECRET"] = folder.secret()
    if environ.get("DATABASE_URL"):
        return environ, []
    try:
        url = running_database(folder)
    except LocalError as error:
        return environ, [warning("installation", str(error), "try again, or give --database-url")]
    if url is None:
        told = f"no server runs on {subject.data_dir}, and DATABASE_URL is not set"
        return environ, [warning("installation", told, "start it with ./unamentis up, or set what its servers have")]
    environ["DATABASE_URL"] = url
    return environ, [ok("installation", f"the server of {subject.data_dir} runs")]
