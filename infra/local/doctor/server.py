"""The server itself: does it answer."""

import time
from collections.abc import Iterator

import httpx

from infra.local.doctor.findings import Finding, failed, ok


def check(url: str) -> Iterator[Finding]:
    """Yield whether the server at an address is healthy."""
    begin = time.monotonic()
    try:
        answer = httpx.get(f"{url.rstrip('/')}/health", timeout=10.0)
    except httpx.HTTPError as error:
        yield failed("server", f"{url} does not answer ({type(error).__name__})", "start it, and look into its log")
        return
    if answer.is_success:
        yield ok("server", f"{url} is healthy, after {(time.monotonic() - begin) * 1000:.0f} ms")
    else:
        yield failed("server", f"{url}/health answers {answer.status_code}", "see docs/ops/5xx-after-a-deploy.md")
