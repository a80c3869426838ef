"""Settings from the environment."""

import base64

import pytest

from shared.config import read_settings
from shared.errors import InvalidInput
from tests.conftest import ALPHA_TENANT, ALPHA_USER

GOOD = {"DATABASE_URL": "postgresql://db", "UNAMENTIS_SECRET": base64.b64encode(bytes(32)).decode()}


def test_the_defaults_ask_for_a_token() -> None:
    settings = read_settings(GOOD)
    assert (settings.database_url, settings.secret, settings.auth_mode) == ("postgresql://db", bytes(32), "token")
    assert (settings.database_pool, settings.access_token_s, settings.requests_per_minute) == (1, 900, 1000)
    assert (settings.logins_per_minute, settings.refreshes_per_minute, settings.registrations_per_hour) == (5, 60, 3)
    assert settings.cors_origins == ("*",)


def test_what_an_operator_turns() -> None:
    settings = read_settings(
        {
            **GOOD,
            "UNAMENTIS_AUTH_MODE": "open",
            "UNAMENTIS_OPEN_TENANT": ALPHA_TENANT,
            "UNAMENTIS_OPEN_USER": ALPHA_USER,
            "UNAMENTIS_DATABASE_POOL": "8",
            "UNAMENTIS_LOGINS_PER_MINUTE": "50",
            "UNAMENTIS_REGISTRATION_MS": "0",
            "UNAMENTIS_APPLE_AUDIENCES": "app.one, app.two",
            "UNAMENTIS_APPLE_KEYS_URL": "https://mirror.example/keys",
            "UNAMENTIS_CORS_ORIGINS": "https://a.example, https://b.example",
        }
    )
    assert (settings.auth_mode, settings.open_tenant, settings.open_user) == ("open", ALPHA_TENANT, ALPHA_USER)
    assert (settings.database_pool, settings.logins_per_minute, settings.registration_ms) == (8, 50, 0)
    assert (settings.apple_audiences, settings.google_audiences) == (("app.one", "app.two"), ())
    assert settings.apple_keys_url == "https://mirror.example/keys"
    assert settings.google_keys_url == "https://www.googleapis.com/oauth2/v3/certs"
    assert settings.cors_origins == ("https://a.example", "https://b.example")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"DATABASE_URL": ""}, "DATABASE_URL"),
        ({"UNAMENTIS_SECRET": ""}, "UNAMENTIS_SECRET"),
        ({"UNAMENTIS_SECRET": "é"}, "UNAMENTIS_SECRET"),
        ({"UNAMENTIS_SECRET": "not base64!"}, "UNAMENTIS_SECRET"),
        ({"UNAMENTIS_SECRET": base64.b64encode(bytes(31)).decode()}, "UNAMENTIS_SECRET"),
        ({"UNAMENTIS_AUTH_MODE": "closed"}, "UNAMENTIS_AUTH_MODE"),
        ({"UNAMENTIS_AUTH_MODE": "open"}, "UNAMENTIS_OPEN_TENANT"),
        ({"UNAMENTIS_DATABASE_POOL": "0"}, "UNAMENTIS_DATABASE_POOL"),
        ({"UNAMENTIS_ACCESS_TOKEN_S": "-5"}, "UNAMENTIS_ACCESS_TOKEN_S"),
        ({"UNAMENTIS_REQUESTS_PER_MINUTE": "many"}, "UNAMENTIS_REQUESTS_PER_MINUTE"),
        ({"UNAMENTIS_LOGINS_PER_MINUTE": "²"}, "UNAMENTIS_LOGINS_PER_MINUTE"),
        ({"UNAMENTIS_GOOGLE_KEYS_URL": "http://keys.example"}, "UNAMENTIS_GOOGLE_KEYS_URL"),
        ({"UNAMENTIS_TRUSTED_PROXIES": "10.0.0.1/8"}, "UNAMENTIS_TRUSTED_PROXIES"),
    ],
)
def test_a_bad_setting_is_named(change: dict[str, str], named: str) -> None:
    with pytest.raises(InvalidInput, match=named):
        read_settings({**GOOD, **change})
