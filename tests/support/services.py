"""Every service there is, found by looking: a new one is under test without being named anywhere."""

import importlib
from pathlib import Path

from core.housekeeping.export_routes import export_routes
from core.jobs.routes import job_routes
from core.realtime.http import realtime_routes
from shared.api import Routes
from shared.api.routes import Route
from shared.storage.objects import open_objects
from tests.support.identity import SECRET
from tests.support.idle import idle_routes
from tests.support.imports import imports_routes
from tests.support.speech import speech_routes

LAMBDAS = Path(__file__).parents[2] / "lambda"
# Services that learners are kept out of: what is walked as one of a tenant is walked as one who teaches there.
FOR_TEACHERS = frozenset({"imports"})


def all_routes() -> dict[str, Routes]:
    """Return the routes of every folder of lambda/ that has any, and core's, by service."""
    found: dict[str, Routes] = {
        "speech": speech_routes(),
        "realtime": realtime_routes("model", "recogniser"),
        "idle": idle_routes(),
        "export": export_routes(open_objects("memory://"), SECRET),
        "jobs": job_routes(),
        "imports": imports_routes(),
    }
    for path in sorted(LAMBDAS.glob("*/*_api/routes.py")):
        module = importlib.import_module(f"{path.parent.name}.routes")
        routes = module.routes
        if not isinstance(routes, Routes):
            raise TypeError(f"{path} must name its Routes `routes`")
        found[path.parent.parent.name] = routes
    return found


def operation(route: Route) -> str:
    """Return a route's name, such as "GET /api/kb/packs/{pack_id}"."""
    return f"{route.method} {route.path}"
