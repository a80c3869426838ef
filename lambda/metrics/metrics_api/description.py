"""What this API is: name and version, its OpenAPI document, and a page that shows it without a network."""

import base64
import hashlib
import re
from functools import lru_cache
from pathlib import Path
from typing import Final

from msgspec import Struct

from shared.api import Access, Reply, Request, Routes
from shared.version import VERSION

routes = Routes("metrics")

# openapi.json is a link to the kept document; packaging puts the document itself there.
_FOLDER: Final = Path(__file__).parent / "reference"
_CACHED: Final = "public, max-age=300"


class Links(Struct, frozen=True, kw_only=True):
    """Where to read on."""

    openapi: str
    reference: str
    health: str


class Description(Struct, frozen=True, kw_only=True):
    """What answers here."""

    name: str
    version: str
    description: str
    links: Links


@routes.get("/", access=Access.PUBLIC)
@routes.get("/api", access=Access.PUBLIC)
def describe_api(request: Request) -> Description:
    """Say what answers here, and where to read on."""
    del request
    return Description(
        name="UnaMentis Cloud",
        version=VERSION,
        description="The backend of UnaMentis, a voice tutor: accounts, curricula, questions, sessions and speech.",
        links=Links(openapi="/api/openapi.json", reference="/api/reference", health="/api/health"),
    )


@routes.get("/api/openapi.json", access=Access.PUBLIC)
def get_openapi(request: Request) -> Reply:
    """Return the OpenAPI 3.1 document of every operation; 304 when the caller has it already."""
    return _file(request, "openapi.json", "application/json", {})


@routes.get("/api/reference", access=Access.PUBLIC)
def get_reference(request: Request) -> Reply:
    """Return a page that shows the OpenAPI document; it loads nothing but that."""
    policy = (
        f"default-src 'none'; connect-src 'self'; style-src '{_hash('style')}'; script-src '{_hash('script')}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return _file(request, "page.html", "text/html; charset=utf-8", {"Content-Security-Policy": policy})


def _file(request: Request, name: str, content_type: str, headers: dict[str, str]) -> Reply:
    body = _read(name)
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    sent = {"Content-Type": content_type, "Cache-Control": _CACHED, "ETag": tag, **headers}
    if tag in request.http.headers.get("if-none-match", ""):
        return Reply(b"", 304, sent)
    return Reply(body, headers=sent)


@lru_cache(maxsize=4)
def _read(name: str) -> bytes:
    return (_FOLDER / name).read_bytes()


@lru_cache(maxsize=4)
def _hash(element: str) -> str:
    """Return the hash by which the page's only element of this name is allowed."""
    found = re.search(rf"<{element}>(.*?)</{element}>".encode(), _read("page.html"), re.DOTALL)
    if found is None:
        raise RuntimeError(f"the reference page has no {element}")
    return f"sha256-{base64.b64encode(hashlib.sha256(found[1]).digest()).decode()}"
