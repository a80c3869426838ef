"""The routes of one service: method, path, who may call, and the handler's own signature."""

import inspect
import re
import threading
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from functools import cache
from importlib import import_module
from typing import Any, Final, Literal, TypeVar, get_type_hints

import msgspec

from shared.api.request import Request
from shared.auth.caller import Limit
from shared.config import Settings

Handler = TypeVar("Handler", bound=Callable[..., object])
_PARAMETER: Final = re.compile(r"\{(\w+)(\+?)\}")

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
    replayable: bool
    role: AdminRole
    accepts: tuple[str, ...]
    pace: PaceOf | None
    success_flag: bool
    literal: str  # what its path begins with, up to its first parameter

    @property
    def pattern(self) -> re.Pattern[str]:
        """What its whole path matches, the parameters as groups."""
        return _pattern(self.path)

    def match(self, path: str) -> re.Match[str] | None:
        """Return the match of a request's path, or None; a pattern is compiled for the first path it could match."""
        return self.pattern.fullmatch(path) if path.startswith(self.literal) else None


class _Part(msgspec.Struct, frozen=True):
    """A module of a service, and where its operations are.

    Attributes:
        literals: what its paths begin with, up to their first parameters.
        paths: the same paths as their segments.
    """

    module: str
    literals: tuple[str, ...]
    paths: tuple[list[str], ...]

    def covers(self, path: str) -> bool:
        # Most paths are of other parts, which is told at once.
        return path.startswith(self.literals) and any(_is_below(path.split("/"), above) for above in self.paths)

    def load(self) -> "Sequence[Route]":
        routes: Sequence[Route] = import_module(self.module).routes.routes
        for route in routes:
            if not self.covers(route.path):
                raise TypeError(f"{route.path} of {self.module} is below none of the paths it is imported for")
        return routes


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
        self._own: list[Route] = []
        self._parts: list[_Part] = []
        self._waiting: tuple[_Part, ...] = ()
        self._imported: dict[str, Sequence[Route]] = {}
        self._known: Sequence[Route] = ()
        self._importing = threading.Lock()

    @property
    def routes(self) -> Sequence[Route]:
        """Every operation, of all parts, the more literal paths first."""
        return self._with(self._waiting)

    def about(self, path: str) -> Sequence[Route]:
        """Return operations, the more literal paths first; all that could answer this path are among them."""
        return self._with(part for part in self._waiting if part.covers(path))

    def include(self, other: "Routes") -> None:
        """Take over the operations another file of the service has registered."""
        self._own.extend(other.routes)
        self._sort()

    def part(self, module: str, *paths: str) -> None:
        """Take over the `routes` of a module, which is imported when a request comes for one of the paths or below.

        So the first request, which waits for every import, does not wait for what answers other requests.
        """
        literals = tuple(path.partition("{")[0] for path in paths)
        part = _Part(module, literals, tuple(path.split("/") for path in paths))
        self._parts.append(part)
        self._waiting += (part,)

    def _with(self, parts: Iterable[_Part]) -> Sequence[Route]:
        for part in parts:
            with self._importing:
                self._imported[part.module] = part.load()
                self._sort()
                self._waiting = tuple(other for other in self._waiting if other is not part)
        return self._known

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
        """Let literal segments win over parameters, whatever the order of registration and of import."""
        parts = [route for part in self._parts for route in self._imported.get(part.module, ())]
        self._known = sorted(
            [*parts, *self._own], key=lambda r: [segment.startswith("{") for segment in r.path.split("/")]
        )

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
            parameters = {name for name, _ in _PARAMETER.findall(path)}
            expected = {"request", *parameters} | ({"body", "query"} & set(hints))
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
                replayable,
                role,
                accepts,
                pace,
                self.success_flag,
                path.partition("{")[0],
            )
            self._own.append(route)
            self._sort()
            return handler

        return register


@cache
def _pattern(path: str) -> re.Pattern[str]:
    regex, end = "", 0
    for parameter in _PARAMETER.finditer(path):
        regex += re.escape(path[end : parameter.start()])
        regex += f"(?P<{parameter[1]}>.+)" if parameter[2] else f"(?P<{parameter[1]}>[^/]+)"
        end = parameter.end()
    return re.compile(f"{regex}{re.escape(path[end:])}/?")


def _is_below(path: list[str], above: list[str]) -> bool:
    """Tell whether a path is another, in which a parameter stands for any segment, or goes on behind it."""
    if len(path) < len(above):
        return False
    return all(want == have or want.startswith("{") for want, have in zip(above, path, strict=False))
