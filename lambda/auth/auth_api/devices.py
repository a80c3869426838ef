"""Which device a sign-in comes from, as far as the client shows."""

import hashlib
from typing import Final

from auth_api.models import Device
from shared.api.request import ClientInfo
from shared.repositories.devices import DeviceFacts

_DEVICE_TYPES: Final = frozenset({"web", "ios", "android", "desktop"})
# What a User-Agent holds, in the order of the question.
_AGENTS: Final = (
    ("okhttp", "android"),
    ("android", "android"),
    ("cfnetwork", "ios"),
    ("iphone", "ios"),
    ("mozilla", "web"),
)
_NAMES: Final = {"web": "Web browser", "ios": "iPhone or iPad", "android": "Android device", "desktop": "Computer"}


def device_facts(given: Device | None, device_name: str | None, client: ClientInfo) -> DeviceFacts:
    """Return the device of a sign-in, made up from what the client shows of itself where it says nothing.

    Without a fingerprint of its own a client has one by its X-Client-ID, or else by its name and User-Agent: the same
    client is then the same device each time.
    """
    given = given or Device()
    kind = _device_type(given.type, client)
    name = given.name or device_name or client.name or _NAMES.get(kind, "Unknown device")
    fingerprint = given.fingerprint
    if not fingerprint:
        seen = f"id\n{client.id}" if client.id else f"agent\n{name}\n{client.platform}\n{client.user_agent}"
        fingerprint = "seen:" + hashlib.sha256(seen.encode()).hexdigest()[:32]
    return DeviceFacts(
        fingerprint=fingerprint,
        name=name,
        type=kind,
        model=given.model or "",
        os_version=given.os_version or "",
        app_version=given.app_version or client.version,
    )


def _device_type(given: str | None, client: ClientInfo) -> str:
    for said in (given or "", client.platform):
        if said.lower() in _DEVICE_TYPES:
            return said.lower()
    agent = client.user_agent.lower()
    return next((kind for mark, kind in _AGENTS if mark in agent), "unknown")
