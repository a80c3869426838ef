"""Leaving: taking a copy of one's own data along, and having it removed."""

import re
from typing import Any, Final, cast

from auth_api.account_models import Farewell
from auth_api.account_routes import password_checks
from auth_api.models import Message
from auth_api.proving import prove_again
from shared.api import Access, Reply, Request, Routes
from shared.auth.caller import Limit
from shared.config import Settings
from shared.ids import new_id
from shared.repositories.accounts import AccountRepository
from shared.repositories.audit import AuditRepository
from shared.repositories.own_data import OwnDataRepository

routes = Routes("auth")

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00")


def _exports(settings: Settings) -> Limit:
    del settings
    return Limit("export", 10, 3600)


@routes.get("/api/auth/me/export", access=Access.ACCOUNT, limit=_exports)
def export_me(request: Request) -> Reply:
    """Return everything that is kept about the caller in this tenant, as JSON to keep."""
    with request.unit() as unit:
        data = OwnDataRepository(unit).everything()
        AuditRepository(unit).record(
            "data_exported", address=request.caller.address, request_id=request.http.request_id
        )
    return Reply(on_the_wire(data.result), headers={"Content-Disposition": 'attachment; filename="my-data.json"'})


@routes.delete("/api/auth/me", access=Access.ACCOUNT, limit=password_checks)
def remove_me(request: Request, body: Farewell) -> Message:
    """Remove the caller's account with everything in it; needs the password, or a sign-in of a few minutes ago."""
    prove_again(request, body.password)
    with request.unit() as unit:
        AccountRepository(unit).remove(audit_id=new_id(), request_id=request.http.request_id)
    return Message("your account is removed")


def on_the_wire(value: object) -> object:
    """Return JSON of the database with every moment in the form the clients read."""
    if isinstance(value, dict):
        return {name: on_the_wire(item) for name, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [on_the_wire(item) for item in cast("list[Any]", value)]
    return f"{value[:19]}Z" if isinstance(value, str) and _MOMENT.fullmatch(value) else value
