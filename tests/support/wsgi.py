"""Services as one WSGI application, for tools that speak to those."""

from collections.abc import Callable, Iterable, Sequence
from http import HTTPStatus
from typing import Any

from shared.api import Service
from tests.support.api import event_v2, read_answer

StartResponse = Callable[[str, list[tuple[str, str]]], object]


class Application:
    """Answers each request by the service whose paths it is.

    Args:
        services: the first that has the path wins.
    """

    def __init__(self, services: Sequence[Service]) -> None:
        self._services = services

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        length = int(environ.get("CONTENT_LENGTH") or 0)
        headers = {
            name.removeprefix("HTTP_").replace("_", "-").lower(): str(value)
            for name, value in environ.items()
            if name.startswith("HTTP_") or name == "CONTENT_TYPE"
        }
        event = event_v2(
            environ["REQUEST_METHOD"], path, {}, headers, environ["wsgi.input"].read(length), "203.0.113.7"
        )
        event["rawQueryString"] = environ.get("QUERY_STRING", "")
        answer = read_answer(self._service(path).handle(event, None))
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", list(answer.headers.items()))
        return [answer.raw]

    def _service(self, path: str) -> Service:
        having = (s for s in self._services if any(route.pattern.fullmatch(path) for route in s.routes.routes))
        return next(having, self._services[0])
