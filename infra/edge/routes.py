"""Writes what the edge knows of the paths behind it: python -m infra.edge.routes > infra/edge/src/routes.json.

Taken from what core mounts and from every service's routes, so that the edge cannot send a path to the wrong one.
"""

import importlib
import sys
from pathlib import Path
from typing import Any, Final

import msgspec
from aiohttp import web

from core.app import build_app
from core.operations import operations
from core.settings import read_settings
from infra.local.template import functions_of
from shared.api import Routes

ROOT: Final = Path(__file__).resolve().parents[2]
WRITTEN: Final = ROOT / "infra" / "edge" / "src" / "routes.json"

# What a body may bring where a route does not say otherwise.
USUAL_BODY: Final = 1 << 20

# What core serves beside its services. Anything else of that kind, such as /metrics, is not for the internet.
SOCKETS: Final = ("/ws", "/ws/audio", "/v1/realtime")


def table() -> dict[str, Any]:
    """Return the paths by who answers them, and the bodies that may be larger or must be smaller than usual."""
    services = api_services()
    return {
        "core": core_paths(),
        "sockets": sorted(SOCKETS),
        # Whatever else is under /api is an API function's as well, or nobody's.
        "api": sorted({path for path in template_paths() if path != "/" and not is_below_api(path)}),
        "limit": USUAL_BODY,
        "limits": limits([*operations(), *services]),
    }


def core_paths() -> list[str]:
    """Return what core mounts for clients, in the order in which it looks for them."""
    # Nothing connects before the application starts, so no database is needed to ask what it mounts.
    settings = read_settings({"DATABASE_URL": "postgresql://127.0.0.1:1/none", "UNAMENTIS_SECRET": "routes" * 8})
    paths = [
        template_of(route.resource)
        for route in build_app(settings).router.routes()
        if route.resource is not None and (route.method == "*" or route.resource.canonical in SOCKETS)
    ]
    return list(dict.fromkeys(paths))


def template_of(resource: web.AbstractResource) -> str:
    """Return a resource's path as templates write it.

    Raises: ValueError: one of its parameters is neither a segment nor the rest of the path.
    """
    told = resource.get_info()
    pattern = told.get("pattern")
    if pattern is None:
        return resource.canonical
    path = resource.canonical
    for name in pattern.groupindex:
        if f"(?P<{name}>[^{{}}/]+)" in pattern.pattern:
            continue
        if not pattern.pattern.endswith((f"(?P<{name}>.+)", f"(?P<{name}>.*)")):
            raise ValueError(f"the edge cannot read the parameter {name} of {path}")
        path = path.replace(f"{{{name}}}", f"{{{name}+}}")
    return path


def template_paths() -> list[str]:
    """Return every path of template.yaml."""
    return [path for function in functions_of(ROOT / "template.yaml") for _method, path in function.routes]


def api_services() -> list[Routes]:
    """Return the routes of every function in the template."""
    functions = functions_of(ROOT / "template.yaml")
    # As the local server does: each function's code is a root of its own.
    sys.path += [str(function.code) for function in functions if str(function.code) not in sys.path]
    return [
        importlib.import_module(function.handler.removesuffix(".handler.handler") + ".routes").routes
        for function in functions
    ]


def is_below_api(path: str) -> bool:
    """Tell whether the rule for /api covers a path."""
    return path == "/api" or path.startswith("/api/")


def limits(services: list[Routes]) -> dict[str, int]:
    """Return the largest body each path takes, where it is not the usual one."""
    largest: dict[str, int] = {}
    for route in (route for service in services for route in service.routes):
        if route.method not in ("GET", "DELETE"):
            largest[route.path] = max(largest.get(route.path, 0), route.max_body)
    return {path: size for path, size in sorted(largest.items()) if size != USUAL_BODY}


def written() -> str:
    """Return it as it is kept in the repository."""
    return msgspec.json.format(msgspec.json.encode(table()), indent=2).decode() + "\n"


def main() -> None:
    """Print it."""
    sys.stdout.write(written())


if __name__ == "__main__":
    main()
