"""How a request of an administrator is admitted, and what becomes of one that is refused."""

from collections.abc import Mapping

import msgspec

from shared.api.context import Context
from shared.api.events import HttpRequest
from shared.api.routes import Route
from shared.auth.admin_refusals import AdminRefusals
from shared.auth.admins import AdminCaller, Administrators, Deed
from shared.db import PUBLIC_TENANT
from shared.errors import AdminUnauthenticated, AppError, Forbidden, InvalidInput, NotFound, Unauthenticated
from shared.ids import known_id
from shared.repositories.audit import RefusedDeed


class AdminGate:
    """Recognises administrators; only a service with routes of theirs makes one."""

    def __init__(self, context: Context) -> None:
        self._administrators = Administrators(context.settings)
        self._refusals = AdminRefusals(context.database)

    def admit(
        self, route: Route, http: HttpRequest, params: Mapping[str, str], address: str, request_id: str
    ) -> AdminCaller:
        """Return the administrator who calls, entering the tenant in the path or else the deployment.

        Access's cookie goes along with whatever a browser sends, so what changes something must be JSON: no form or
        link of a stranger's page can send that.
        Raises: Unauthenticated: no administrator. InvalidInput: not JSON. NotFound: no such tenant.
        """
        tenant_id = params.get("tenant_id", PUBLIC_TENANT)
        deed = Deed(_operation(route), _target(params), http.query, route.role, request_id)
        caller = self._administrators.caller(http.headers, address=address, tenant_id=tenant_id, deed=deed)
        kind = http.headers.get("content-type", "").partition(";")[0].strip().lower()
        if http.method not in {"GET", "HEAD"} and kind != "application/json":
            raise InvalidInput("Content-Type must be application/json", details={"Content-Type": "application/json"})
        return msgspec.structs.replace(caller, tenant_id=known_id(tenant_id, "tenant"))

    def refused(
        self,
        error: AppError,
        route: Route,
        params: Mapping[str, str],
        caller: object,
        *,
        address: str,
        request_id: str,
    ) -> None:
        """Note an attempt that was refused before it was noted as a deed, if it is known whose it was.

        Args: caller: who was admitted as far as the credential alone tells, if anybody was.
        """
        if isinstance(error, AdminUnauthenticated):
            proof, credential, login, reason = error.proof, "", error.login, error.reason
        elif isinstance(caller, AdminCaller) and isinstance(error, Unauthenticated | Forbidden | NotFound):
            proof, credential, login, reason = caller.proof, caller.credential or "", caller.login, error.error_code
        else:
            return
        self._refusals.note(
            RefusedDeed(
                proof=proof,
                credential=credential,
                login=login,
                operation=_operation(route),
                target=_target(params),
                reason=reason,
                address=address,
                request_id=request_id,
            )
        )


def _operation(route: Route) -> str:
    return f"{route.method} {route.path}"


def _target(params: Mapping[str, str]) -> str:
    return " ".join(params.values())[:200]
