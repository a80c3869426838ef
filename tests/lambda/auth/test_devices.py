"""Which device a sign-in comes from."""

import pytest
from auth_api.devices import device_facts
from auth_api.models import Device

from shared.api.request import ClientInfo

ANDROID = ClientInfo(id="c-1", name="Pixel 8", platform="Android", version="1.2", user_agent="okhttp/4.12")
BROWSER = ClientInfo(id="", name="", platform="", version="", user_agent="Mozilla/5.0 (X11; Linux)")
NOBODY = ClientInfo(id="", name="", platform="", version="", user_agent="")


def test_what_a_client_says_counts() -> None:
    given = Device(fingerprint="f", name="Laptop", type="desktop", model="M", os_version="7", app_version="3")
    facts = device_facts(given, "other", ANDROID)
    assert (facts.fingerprint, facts.name, facts.type) == ("f", "Laptop", "desktop")
    assert (facts.model, facts.os_version, facts.app_version) == ("M", "7", "3")


@pytest.mark.parametrize(
    ("client", "kind", "name"),
    [(ANDROID, "android", "Pixel 8"), (BROWSER, "web", "Web browser"), (NOBODY, "unknown", "Unknown device")],
)
def test_what_it_does_not_say_is_seen(client: ClientInfo, kind: str, name: str) -> None:
    facts = device_facts(None, None, client)
    assert (facts.type, facts.name) == (kind, name)
    assert facts.fingerprint == device_facts(None, None, client).fingerprint
    assert device_facts(Device(type="fridge"), None, client).type == kind


def test_a_fingerprint_follows_the_clients_id_or_its_name() -> None:
    renamed = ClientInfo(id="c-1", name="Renamed", platform="Android", version="1.3", user_agent="okhttp/5")
    assert device_facts(None, None, renamed).fingerprint == device_facts(None, None, ANDROID).fingerprint
    assert device_facts(None, "A", BROWSER).fingerprint != device_facts(None, "B", BROWSER).fingerprint
    assert device_facts(None, None, BROWSER).fingerprint != device_facts(None, None, NOBODY).fingerprint
