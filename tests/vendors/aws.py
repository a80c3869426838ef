"""Amazon's services on loopback: moto's server, spoken to as the real ones are."""

import http.client
from collections.abc import Generator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

from moto.server import ThreadedMotoServer


@contextmanager
def aws_server() -> Generator[str]:
    """Serve all services moto knows on a free port, empty at the start, and yield the address."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def objects_url(server: str, bucket: str) -> str:
    """Make a bucket and return the URL of an object store in it."""
    with closing(http.client.HTTPConnection(urlsplit(server).netloc)) as line:
        line.request("PUT", f"/{bucket}")
        assert line.getresponse().status == 200
    return f"s3://key:secret@{bucket}/below?endpoint={server}"
