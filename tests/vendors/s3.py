"""A server of this machine that speaks as much of S3 as an object store needs: PUT, GET, DELETE and ListObjectsV2."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

_MODIFIED = "2026-01-01T00:00:00.000Z"


class S3Server(ThreadingHTTPServer):
    """Holds objects by path; `failing` makes every request a 503."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.objects: dict[str, bytes] = {}
        self.signed = 0
        self.failing = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: S3Server  # pyright: ignore[reportIncompatibleVariableOverride]  (it is always this one)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002, ARG002  (the base class's signature)
        return

    def _answer(self, status: int, body: bytes = b"", kind: str = "application/octet-stream") -> None:
        self.send_response(status)
        for name, value in (("ETag", '"0"'), ("Last-Modified", formatdate(0, usegmt=True)), ("Content-Type", kind)):
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _refused(self) -> bool:
        if "AWS4-HMAC-SHA256" in self.headers.get("Authorization", ""):
            self.server.signed += 1
        if self.server.failing:
            self._answer(503, b"<Error><Code>SlowDown</Code></Error>", "application/xml")
        return self.server.failing

    def do_PUT(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if not self._refused():
            self.server.objects[unquote(urlsplit(self.path).path)] = data
            self._answer(200)

    def do_DELETE(self) -> None:
        if not self._refused():
            self.server.objects.pop(unquote(urlsplit(self.path).path), None)
            self._answer(204)

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        if self._refused():
            return
        if "list-type" in query:
            self._list(parts.path, query.get("prefix", [""])[0])
        elif (data := self.server.objects.get(unquote(parts.path))) is not None:
            self._answer(200, data)
        else:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>", "application/xml")

    def _list(self, bucket: str, prefix: str) -> None:
        root = bucket.rstrip("/") + "/"
        names = [path.removeprefix(root) for path in sorted(self.server.objects) if path.startswith(root + prefix)]
        entries = "".join(
            f"<Contents><Key>{escape(name)}</Key><LastModified>{_MODIFIED}</LastModified><ETag>0</ETag>"
            f"<Size>{len(self.server.objects[root + name])}</Size></Contents>"
            for name in names
        )
        page = f"<ListBucketResult><IsTruncated>false</IsTruncated>{entries}</ListBucketResult>"
        self._answer(200, page.encode(), "application/xml")


@contextmanager
def s3_server() -> Generator[S3Server]:
    """Serve until the block ends."""
    server = S3Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
