"""The routes of one service: method, path, who may call, and the handler's own signature."""

import inspect
import re
from collections.abc import Callable
from enum import Enum
from typing import Any, Literal, TypeVar, get_type_hints

import msgspec

from shared.api.request import Request
from shared.auth.caller import Limit
from shared.config import Settings

Handler = TypeVar("Handler", bound=Callable[..., object])


# An operation's own limit, as the operator set it.
LimitOf = Callable[[Settings], Limit]
# Milliseconds between the moments at which an operation may answer, as the operator set them.
PaceOf = Callable[[Settings], int]
# The least an administrator must be: to look, to change things of a tenant, to change the deployment.
AdminRole = Literal["support", "operator", "superadmin"]


class Access(Enum):
    """Who may call a route. There is no default: a route says it."""

    PUBLIC = "public"  # nobody needs to be known; a token is not even read
    CLIENT = "client"  # any caller with a credential; in open mode also the default learner
    ACCOUNT = "account"  # a person's own account: a credential in every mode
    ADMIN = "admin"  # an administrator: never a learner's credential, never open


class Route(msgspec.Struct, frozen=True):
    """One operation."""

    method: str
    path: str
    access: Access
    status: int
    limit: LimitOf | None
    max_body: int
    handler: Callable[..., object]
    body_model: Any
    query_model: Any
    pattern: re.Pattern[str]
    replayable: bool
    role: AdminRole
    accepts: tuple[str, ...]
    pace: PaceOf | None
    success_flag: bool


class Routes:
    """Collects a service's operations; `{name}` in a path is one segment, `{name+}` the rest.

    A handler takes `request`, the path's parameters by name and, where it declares them, `body` and `query`: models
    that are decoded before it runs.

    Args:
        name: of the service, as logs show it.
        success_flag: error bodies of these operations carry `"success": false`; where others are included, theirs too.
    """

    def __init__(self, name: str, *, success_flag: bool = False) -> None:
        self.name = name
        self.success_flag = success_flag
        self.routes: list[Route] = []

    def include(self, other: "Routes") -> None:
        """Take over the operations another file of the service has registered."""
        self.routes.extend(other.routes)
        self._sort()

    def get(self, path: str, *, access: Access, limit: LimitOf | None = None) -> Callable[[Handler], Handler]:
        """Register a GET handler; HEAD is answered from it too."""
        return self._add("GET", path, access, limit=limit, role="support")

    def post(
        self,
        path: str,
        *,
        access: Access,
        status: int = 200,
        limit: LimitOf | None = None,
        max_body: int = 1 << 20,
        replayable: bool = True,
        role: AdminRole = "operator",
        accepts: tuple[str, ...] = (),
        pace: PaceOf | None = None,
    ) -> Callable[[Handler], Handler]:
        """Register a POST handler.

        Args:
            pace: every answer waits for the next of these moments, so that its time does not tell what was done.
            accepts: content types of a body that the handler reads itself, as PUT's and PATCH's.
            role: the least an administrator must be, of this and every other method that changes something.
            replayable: an Idempotency-Key keeps its answer; not where asking again is the right thing to do.
        """
        return self._add(
            "POST",
            path,
            access,
            status=status,
            limit=limit,
            max_body=max_body,
            replayable=replayable,
            role=role,
            accepts=accepts,
            pace=pace,
        )

    def put(
        self,
        path: str,
        *,
        access: Access,
        max_body: int = 1 << 20,
        role: AdminRole = "operator",
        accepts: tuple[str, ...] = (),
    ) -> Callable[[Handler], Handler]:
        """Register a PUT handler."""
        return self._add("PUT", path, access, max_body=max_body, role=role, accepts=accepts)

    def patch(
        self,
        path: str,
        *,
        access: Access,
        max_body: int = 1 << 20,
        role: AdminRole = "operator",
        accepts: tuple[str, ...] = (),
    ) -> Callable[[Handler], Handler]:
        """Register a PATCH handler."""
        return self._add("PATCH", path, access, max_body=max_body, role=role, accepts=accepts)

    def delete(
        self,
        path: str,
        *,
        access: Access,
        status: int = 200,
        limit: LimitOf | None = None,
        role: AdminRole = "operator",
    ) -> Callable[[Handler], Handler]:
        """Register a DELETE handler."""
        return self._add("DELETE", path, access, status=status, limit=limit, role=role)

    def _sort(self) -> None:
        """Let literal segments win over parameters, whatever the order of registration."""
        self.routes.sort(key=lambda r: [segment.startswith("{") for segment in r.path.split("/")])

    def _add(
        self,
        method: str,
        path: str,
        access: Access,
        *,
        status: int = 200,
        limit: LimitOf | None = None,
        max_body: int = 1 << 20,
        replayable: bool = True,
        role: AdminRole = "operator",
        accepts: tuple[str, ...] = (),
        pace: PaceOf | None = None,
    ) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            hints = get_type_hints(handler)
            pattern = _pattern(path)
            expected = {"request", *pattern.groupindex} | ({"body", "query"} & set(hints))
            if set(inspect.signature(handler).parameters) != expected or hints.get("request") is not Request:
                raise TypeError(f"{method} {path}: the handler's parameters must be {sorted(expected)}")
            route = Route(
                method,
                path,
                access,
                status,
                limit,
                max_body,
                handler,
                hints.get("body"),
                hints.get("query"),
                pattern,
                replayable,
                role,
                accepts,
                pace,
                self.success_flag,
            )
            self.routes.append(route)
            self._sort()
            return handler

        return register


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"(\{\w+\+?\})", path)
    regex = "".join(
        (f"(?P<{p[1:-2]}>.+)" if p.endswith("+}") else f"(?P<{p[1:-1]}>[^/]+)") if p.startswith("{") else re.escape(p)
        for p in parts
    )
    return re.compile(f"{regex}/?")
