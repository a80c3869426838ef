"""Cross-origin rules: the operations console calls straight from a browser and preflights every GET."""

from collections.abc import Sequence
from typing import Any, Final

METHODS: Final = "GET, POST, PUT, PATCH, DELETE, OPTIONS, HEAD"
REQUEST_HEADERS: Final = (
    "Content-Type, Authorization, Idempotency-Key, If-Match, X-Tenant-ID, "
    "X-Client-ID, X-Client-Name, X-Client-Platform, X-Client-Version"
)
EXPOSED: Final = (
    "ETag, X-Request-Id, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-RateLimit-Window"
)


def cors_headers(allowed: Sequence[str], origin: str) -> dict[str, str]:
    """Return the headers that let an allowed origin read the answer; none for another origin."""
    if not origin:
        return {}
    if "*" in allowed:
        return {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": EXPOSED}
    if origin in allowed:
        return {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": EXPOSED, "Vary": "Origin"}
    return {"Vary": "Origin"}


def preflight(allowed: Sequence[str], origin: str) -> dict[str, Any]:
    """Answer OPTIONS, which browsers send without credentials."""
    headers = {
        **cors_headers(allowed, origin),
        "Access-Control-Allow-Methods": METHODS,
        "Access-Control-Allow-Headers": REQUEST_HEADERS,
        "Access-Control-Max-Age": "600",
    }
    return {"statusCode": 204, "headers": headers, "body": "", "isBase64Encoded": False}
