"""Where the cases of this suite run. CONTRACT_TARGET says:

services (unless it says otherwise): every service in this process, called with API Gateway's events.
functions: the packaged Lambda functions, each in a process under AWS's runtime client; core's routes as in `services`.
server: `./unamentis up` as a process, called over HTTP.

All three work on the same database, which a module of cases has for itself.
"""

import base64
import http.client
import sysconfig
import tempfile
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from infra.aws.package import compile_all, package_function, package_layer
from infra.aws.runtime_api import BuiltFunction
from shared.api import Context, Routes, Service
from shared.api.events import read_event
from tests.support.api import Handles
from tests.support.identity import SECRET, context_for
from tests.support.installation import Installation
from tests.support.services import LAMBDAS, all_routes
from tests.support.unlimited import MANY

# Cases send more than one person would.
LIMITS: Final = {
    "logins_per_minute": MANY,
    "refreshes_per_minute": MANY,
    "registrations_per_hour": MANY,
    "registration_ms": 0,
    "requests_per_minute": MANY,
    "address_requests_per_minute": MANY,
    "tenant_requests_per_minute": MANY,
}


@dataclass(frozen=True, slots=True)
class Services:
    """Every service behind one gateway: the most literal path wins, as at API Gateway.

    Attributes:
        behind: what answers for each service's routes.
    """

    behind: list[tuple[Routes, Handles]]

    def handle(self, event: Mapping[str, Any], lambda_context: object) -> dict[str, Any]:
        """Answer one event by the service it belongs to; what belongs to none goes to the first."""
        path = read_event(event).path
        matching = [
            ([segment.startswith("{") for segment in route.path.split("/")], index)
            for index, (routes, _) in enumerate(self.behind)
            for route in routes.routes
            if route.pattern.fullmatch(path)
        ]
        return self.behind[min(matching)[1] if matching else 0][1].handle(event, lambda_context)


@dataclass(frozen=True, slots=True)
class _Function:
    """A running function as a service."""

    function: BuiltFunction

    def handle(self, event: Mapping[str, Any], lambda_context: object) -> dict[str, Any]:  # noqa: ARG002  Lambda's own
        return self.function.invoke(event)


@dataclass(frozen=True, slots=True)
class _Server:
    """A server that listens, as a service: each event goes to it as the request it describes."""

    url: str

    def handle(self, event: Mapping[str, Any], lambda_context: object) -> dict[str, Any]:  # noqa: ARG002  Lambda's own
        sent = event["requestContext"]["http"]
        body = event["body"]
        raw = base64.b64decode(body) if event["isBase64Encoded"] else body.encode()
        address = urlsplit(self.url)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
        try:
            target = event["rawPath"] + (f"?{event['rawQueryString']}" if event["rawQueryString"] else "")
            connection.request(sent["method"], target, body=raw or None, headers=dict(event["headers"]))
            answer = connection.getresponse()
            data = answer.read()
        finally:
            connection.close()
        return {
            "statusCode": answer.status,
            "headers": dict(answer.getheaders()),
            "body": base64.b64encode(data).decode(),
            "isBase64Encoded": True,
        }


@contextmanager
def services(database_url: str) -> Generator[Handles]:
    """Answer in this process."""
    context = context_for(database_url, **LIMITS)
    yield _here(context)
    context.database.close()


@contextmanager
def functions(database_url: str) -> Generator[Handles]:
    """Package every function that has routes and answer with them."""
    context = context_for(database_url, **LIMITS)
    environment = {
        "DATABASE_URL": database_url,
        "UNAMENTIS_SECRET": base64.b64encode(SECRET).decode(),
        **{f"UNAMENTIS_{name.upper()}": str(value) for name, value in LIMITS.items()},
    }
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="functions-")))
        python = sysconfig.get_python_version()
        package_layer(folder / "layer", python, "host")
        compile_all(folder / "layer", python, mounted="/opt")

        def function(name: str) -> Handles:
            package_function(LAMBDAS / name, folder / name)
            compile_all(folder / name, python, mounted="/var/task")
            folders = [folder / name, folder / "layer" / "python"]
            return _Function(stack.enter_context(BuiltFunction(f"{name}_api.handler.handler", folders, environment)))

        behind = [
            (routes, function(name) if (LAMBDAS / name).is_dir() else Service(routes, context))
            for name, routes in all_routes().items()
        ]
        yield Services(behind)
    context.database.close()


@contextmanager
def server(database_url: str) -> Generator[Handles]:
    """Start the server of one machine on the database."""
    with tempfile.TemporaryDirectory(prefix="server-") as folder:
        environment = {
            "DATABASE_URL": database_url,
            "UNAMENTIS_SECRET": base64.b64encode(SECRET).decode(),
            "UNAMENTIS_STT": "mock",
            # Cases look at what was ordered, and not at what becomes of it.
            "UNAMENTIS_JOB_SLOTS": "0",
            **{f"UNAMENTIS_{name.upper()}": str(value) for name, value in LIMITS.items()},
        }
        with Installation(Path(folder), environment=environment) as running:
            yield _Server(running.url)
            running.stop()


def _here(context: Context) -> Handles:
    return Services([(routes, Service(routes, context)) for routes in all_routes().values()])


TARGETS: Final[dict[str, Callable[[str], Any]]] = {"services": services, "functions": functions, "server": server}
