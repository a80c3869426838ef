"""What the environment says: is it well-formed, and fit for where it runs."""

import asyncio
from collections.abc import Iterator, Mapping

from core.providers.registry import build_providers
from core.settings import Settings, read_settings
from infra.local.doctor.findings import Finding, failed, ok, warning
from shared.errors import InvalidInput
from shared.listening import is_loopback

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
    host = settings.address.host
    if is_loopback(host):
        return
    if shared.auth_mode == "open":
        yield warning(
            _CHECK,
            f"everybody who reaches {host} is a learner without a token",
            "set UNAMENTIS_AUTH_MODE=token unless the network is trusted",
        )
    if not shared.origin_lock.secrets:
        yield warning(
            _CHECK,
            f"{host} takes requests that did not come through the edge",
            "set UNAMENTIS_ORIGIN_SECRETS where an edge is in front; nothing to do inside a school's network",
        )
