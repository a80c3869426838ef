"""The Lambda Runtime API on loopback, so that AWS's own runtime client runs a built function without Docker.

Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import compileall
import importlib.metadata
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from shared.ids import new_id

NEXT = "/2018-06-01/runtime/invocation/next"
ANSWER_SECONDS = 30.0
RUNTIME_CLIENT = ("awslambdaric", "simplejson", "snapshot-restore-py")


@dataclass(slots=True)
class _Invocation:
    event: Mapping[str, Any]
    id: str = field(default_factory=new_id)
    answered: threading.Event = field(default_factory=threading.Event)
    answer: Any = None
    failed: bool = False


def copy_runtime_client(folder: Path) -> None:
    """Copy `awslambdaric` and what it needs, and nothing else, into an empty folder; compiled, as Lambda has it."""
    for name in RUNTIME_CLIENT:
        distribution = importlib.metadata.distribution(name)
        for top in {file.parts[0] for file in distribution.files or [] if not file.parts[0].startswith("..")}:
            source = Path(str(distribution.locate_file(top)))
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, folder / top)
    compileall.compile_dir(folder, quiet=1)


class FunctionError(Exception):
    """The function raised, or never answered."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401  the base class's types
        """Stay silent when a function was stopped in the middle of its wait for work."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class BuiltFunction:
    """A packaged function running under `awslambdaric` in a process of its own.

    Args:
        handler: such as `auth_api.handler.handler`.
        folders: the unpacked artifacts in import order: the function's, then the layer's `python` folder.
        environment: the deployed function's variables.
    """

    def __init__(self, handler: str, folders: list[Path], environment: Mapping[str, str]) -> None:
        self._handler = handler
        self._folders = folders
        self._environment = environment
        self._waiting: queue.Queue[_Invocation] = queue.Queue()
        self._running: dict[str, _Invocation] = {}
        self._server = _Server(("127.0.0.1", 0), self._make_handler())
        self._process: subprocess.Popen[bytes] | None = None
        self._client = tempfile.TemporaryDirectory(prefix="lambda-client-")
        copy_runtime_client(Path(self._client.name))

    @property
    def pid(self) -> int:
        """The function's process."""
        if self._process is None:
            raise RuntimeError("the function is not running")
        return self._process.pid

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        # Only what Lambda sets, so that nothing of this machine helps the artifact along.
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join([*map(str, self._folders), self._client.name]),
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.server_port}",
            "AWS_LAMBDA_FUNCTION_NAME": "local",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_REGION": "us-east-1",
            "LAMBDA_TASK_ROOT": str(self._folders[0]),
            "PYTHONDONTWRITEBYTECODE": "1",
            **self._environment,
        }
        # -S leaves this environment's own packages out: a library the artifact lacks must be missed.
        command = [sys.executable, "-S", "-m", "awslambdaric", self._handler]
        self._process = subprocess.Popen(command, env=environment, cwd=self._folders[0], stdout=subprocess.DEVNULL)  # noqa: S603  ours
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._server.shutdown()
        self._server.server_close()
        self._client.cleanup()

    def invoke(self, event: Mapping[str, Any]) -> Any:  # noqa: ANN401  whatever the function answers
        """Send one event and return the function's answer.

        Raises: FunctionError: it raised, or did not answer in time.
        """
        invocation = _Invocation(event)
        self._running[invocation.id] = invocation
        self._waiting.put(invocation)
        if not invocation.answered.wait(ANSWER_SECONDS):
            raise FunctionError(f"{self._handler} did not answer within {ANSWER_SECONDS:.0f} s")
        if invocation.failed:
            raise FunctionError(json.dumps(invocation.answer))
        return invocation.answer

    def _make_handler(self) -> type[BaseHTTPRequestHandler]:
        function = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                invocation = function._waiting.get()
                body = json.dumps(invocation.event).encode()
                self.send_response(200)
                self.send_header("Lambda-Runtime-Aws-Request-Id", invocation.id)
                self.send_header("Lambda-Runtime-Deadline-Ms", str(round((time.time() + ANSWER_SECONDS) * 1000)))
                self.send_header("Lambda-Runtime-Trace-Id", "Root=1-0-0")
                self.send_header("Content-Type", "application/json")
                self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:local")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                *_, request_id, outcome = self.path.split("/")
                function._settle(request_id, outcome, json.loads(body or b"null"))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
                pass

        return Handler

    def _settle(self, request_id: str, outcome: str, answer: object) -> None:
        if outcome == "error" and request_id == "init":
            pending = list(self._running.values())
        else:
            pending = [self._running[request_id]]
        for invocation in pending:
            invocation.answer, invocation.failed = answer, outcome == "error"
            invocation.answered.set()
            del self._running[invocation.id]
