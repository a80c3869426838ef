"""The certificate of a public address: is it trusted, and for how long."""

import socket
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from infra.local.doctor.findings import Finding, failed, ok, warning

_TIMEOUT_S: Final = 10.0
_FEW_DAYS: Final = 7
_SOME_DAYS: Final = 21
_DAY_S: Final = 86_400
_REMEDY: Final = "see docs/ops/a-certificate-expires.md"


def check(url: str) -> Iterator[Finding]:
    """Yield what there is to say of the certificate at an https address; nothing of other addresses."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        return
    host, port = parts.hostname, parts.port or 443
    try:
        ends = _ends_at(host, port)
    except ssl.SSLCertVerificationError as error:
        yield failed("certificate", f"{host}: {error.verify_message}", _REMEDY)
        return
    except OSError as error:
        yield failed("certificate", f"{host} does not answer on port {port} ({type(error).__name__})", _REMEDY)
        return
    days = int((ends - time.time()) // _DAY_S)
    told = f"{host}: until {datetime.fromtimestamp(ends, UTC):%Y-%m-%d}, {days} days"
    if days < _FEW_DAYS:
        yield failed("certificate", told, _REMEDY)
    elif days < _SOME_DAYS:
        yield warning("certificate", told, _REMEDY)
    else:
        yield ok("certificate", told)


def _ends_at(host: str, port: int) -> float:
    context = ssl.create_default_context()
    with (
        socket.create_connection((host, port), timeout=_TIMEOUT_S) as plain,
        context.wrap_socket(plain, server_hostname=host) as secure,
    ):
        certificate = secure.getpeercert() or {}
    return ssl.cert_time_to_seconds(str(certificate["notAfter"]))
