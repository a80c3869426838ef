"""`./unamentis tenant`: tenants and what they may spend, for whoever owns the database."""

import re
from typing import Final

from infra.local.administrators import Installation
from infra.local.errors import LocalError
from shared.db.entry import CommandLine
from shared.ids import known_id, new_id
from shared.repositories.administration import AdministrationRepository, GrantedLimits
from shared.repositories.metering import MeteringRepository
from shared.repositories.tenant_removal import TenantRemovalRepository
from shared.repositories.usage import UsageRepository
from shared.storage.port import ObjectStore
from shared.tenant_removal import Clearance

_MICRO: Final = 1_000_000
_MOST_REQUESTS: Final = 1_000_000
_USD: Final = re.compile(r"(\d{1,6})(?:\.(\d{1,6}))?")


def create(place: Installation, kind: str, name: str, *, parent_id: str | None) -> None:
    """Make a tenant and print its id.

    Args: parent_id: the organisation a team belongs to.
    Raises: InvalidInput: a tenant that is no team, or no such organisation. NotFound: the parent's id is none.
    """
    tenant_id = new_id()
    parent = None if parent_id is None else known_id(parent_id, "organisation")
    with place.database.unit(CommandLine("tenant create")) as unit:
        AdministrationRepository(unit).add_tenant(tenant_id, kind=kind, name=name, parent_id=parent)
    print(tenant_id)


def show(place: Installation) -> None:
    """Print every tenant, the newest first."""
    with place.database.unit(CommandLine("tenant list")) as unit:
        found = AdministrationRepository(unit).tenants(before=None, limit=100_000)
    for tenant in found.result:
        of = f" of {tenant.parent_id}" if tenant.parent_id else ""
        print(f"{tenant.tenant_id}  {tenant.kind}{of}  {tenant.members} members  {tenant.name}")


def caps(place: Installation, tenant_id: str, *, day: str | None, month: str | None) -> None:
    """Set what a tenant may spend, where that is said, and print its budgets.

    Args: day, month: US dollars, "default" for what every tenant has, None to leave it.
    Raises: LocalError: no amount. NotFound: no such tenant.
    """
    wanted = known_id(tenant_id, "tenant")
    changes = {period: _micro_usd(text) for period, text in (("day", day), ("month", month)) if text is not None}
    with place.database.unit(CommandLine("tenant caps", wanted)) as unit:
        for period, cap in changes.items():
            UsageRepository(unit).set_budget(period, cap)
        found = MeteringRepository(unit).periods()
    for usage in found.result:
        used = (usage.spent + usage.reserved) / _MICRO
        print(f"{usage.period:<5}  {usage.cap / _MICRO:>12.6f} USD at most, {used:.6f} used")


def limits(place: Installation, tenant_id: str, *, account: str | None, tenant: str | None) -> None:
    """Set how many requests a minute a tenant may make, where that is said, and print what it was granted.

    Args: account, tenant: of each account and of all together; "default" for the deployment's, None to leave it.
    Raises: LocalError: no number of requests. NotFound: no such tenant.
    """
    wanted = known_id(tenant_id, "tenant")
    with place.database.unit(CommandLine("tenant limits", wanted)) as unit:
        found = AdministrationRepository(unit).limits()
    granted = found.result or GrantedLimits(None, None)
    if account is not None or tenant is not None:
        granted = GrantedLimits(
            granted.account_per_minute if account is None else _requests(account),
            granted.tenant_per_minute if tenant is None else _requests(tenant),
        )
        with place.database.unit(CommandLine("tenant limits", wanted)) as unit:
            AdministrationRepository(unit).set_limits(
                account_per_minute=granted.account_per_minute, tenant_per_minute=granted.tenant_per_minute
            )
    for whose, value in (("account", granted.account_per_minute), ("tenant", granted.tenant_per_minute)):
        print(f"{whose:<8} {'as the deployment' if value is None else f'{value} requests a minute'}")


def _requests(text: str) -> int | None:
    """Return a number of requests; None for "default"."""
    if text == "default":
        return None
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= _MOST_REQUESTS:
        raise LocalError(f"{text} is no number of requests a minute: from 1 to {_MOST_REQUESTS}, or default")
    return int(text)


def _micro_usd(text: str) -> int | None:
    """Return micro-dollars; None for "default"."""
    if text == "default":
        return None
    amount = _USD.fullmatch(text)
    if amount is None:
        raise LocalError(
            f"{text} is no amount: US dollars such as 2.50, at most six digits and six decimals, or default"
        )
    return int(amount[1]) * _MICRO + int((amount[2] or "").ljust(6, "0"))


def remove(place: Installation, store: ObjectStore | None, tenant_id: str, *, sure: bool) -> None:
    """Remove a tenant with its teams, rows and objects, and print what was removed and that nothing is left.

    Args:
        store: where the objects are; None leaves them to the servers, which hold the store.
    Raises: LocalError: nobody said that they are sure, or something is left. NotFound: no such tenant.
        Conflict: it is the shared content. Unavailable: the store does not answer; a server goes on with it.
    """
    wanted = known_id(tenant_id, "tenant")
    if not sure:
        raise LocalError(f"this removes everything of tenant {wanted} for good: say so with --yes")
    removal_id = new_id()
    with place.database.unit(CommandLine("tenant remove", wanted)) as unit:
        TenantRemovalRepository(unit).remove(removal_id)
    if store is not None:
        Clearance(place.database, store).clear_due()
    with place.database.unit(CommandLine("tenant remove")) as unit:
        found = TenantRemovalRepository(unit).get(removal_id)
    done = found.result
    for table, count in sorted(done.rows_removed.items()):
        print(f"{count:>8}  {table}")
    for folder, count in sorted(done.objects_removed.items()):
        print(f"{count:>8}  objects in {folder}")
    if done.moved_accounts:
        print(f"{done.moved_accounts} accounts are at home in another tenant of their owners now")
    if done.left:
        raise LocalError(f"this is left, and a server goes on with it: {', '.join(done.left)}")
    if done.objects_remaining is None:
        print(f"No row is left of {', '.join(done.tenants)}. The servers remove the objects.")
    else:
        print(f"Nothing is left of {', '.join(done.tenants)}.")
