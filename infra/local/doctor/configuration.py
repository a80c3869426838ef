"""What the environment says: is it well-formed, and fit for where it runs."""

import asyncio
from collections.abc import Iterator, Mapping
from ipaddress import ip_address

from core.providers.registry import build_providers
from core.settings import Settings, read_settings
from infra.local.doctor.findings import Finding, failed, ok, warning
from shared.errors import InvalidInput

_CHECK = "configuration"


def read(environ: Mapping[str, str]) -> tuple[Settings | None, list[Finding]]:
    """Return the settings, unless they are malformed, and what there is to say of them."""
    try:
        settings = read_settings(environ)
        asyncio.run(build_providers(settings.providers, settings.voice).close())
    except InvalidInput as error:
        return None, [failed(_CHECK, error.message, "docs/reference/settings.md has every setting")]
    found = list(_doubts(settings))
    return settings, found or [ok(_CHECK, "every setting is well-formed")]


def _doubts(settings: Settings) -> Iterator[Finding]:
    shared = settings.shared
    if not _is_loopback(settings.host):
        if shared.auth_mode == "open":
            yield failed(
                _CHECK,
                f"everybody who reaches {settings.host} is a learner without a token",
                "set UNAMENTIS_AUTH_MODE=token, or UNAMENTIS_HOST=127.0.0.1",
            )
        if not shared.origin_lock.secrets:
            yield warning(
                _CHECK,
                f"{settings.host} takes requests that did not come through the edge",
                "set UNAMENTIS_ORIGIN_SECRETS where an edge is in front; nothing to do inside a school's network",
            )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
