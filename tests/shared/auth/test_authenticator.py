"""From a header to a caller."""

import pytest

from shared.auth.access_tokens import AccessClaims
from shared.auth.authenticator import Authenticator, address_prefix, bearer_token
from shared.auth.beta_tokens import mint_beta_token
from shared.auth.caller import Caller
from shared.errors import Unauthenticated
from tests.conftest import ALPHA_TENANT, ALPHA_USER
from tests.support.identity import settings_for

SETTINGS = settings_for("postgresql://nowhere")
OPEN = settings_for("postgresql://nowhere", auth_mode="open", open_tenant=ALPHA_TENANT, open_user=ALPHA_USER)


@pytest.mark.parametrize(
    ("address", "prefix"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("", "unknown"),
        ("localhost", "unknown"),
        ("203.0.113.7:443", "unknown"),
    ],
)
def test_limits_count_by_the_network_somebody_can_own(address: str, prefix: str) -> None:
    assert address_prefix(address) == prefix


def test_a_beta_token_names_its_tenant_without_a_look_into_the_database() -> None:
    caller = Authenticator(SETTINGS).caller(mint_beta_token(ALPHA_TENANT, 2026), address="203.0.113.7")
    assert (caller.kind, caller.tenant_id, caller.user_id) == ("beta", ALPHA_TENANT, None)
    assert len(str(caller.credential)) == 64


def test_an_access_token_names_its_user() -> None:
    authenticator = Authenticator(SETTINGS)
    token = authenticator.access_tokens.issue(AccessClaims(ALPHA_USER, ALPHA_TENANT, "s"))
    assert authenticator.caller(token, address="") == Caller("session", ALPHA_TENANT, "s", ALPHA_USER, "unknown")


def test_no_token_is_refused_in_token_mode() -> None:
    with pytest.raises(Unauthenticated) as refused:
        Authenticator(SETTINGS).caller(None, address="")
    assert refused.value.error_code == "missing_token"


def test_no_token_is_the_default_learner_in_open_mode_where_that_is_allowed() -> None:
    authenticator = Authenticator(OPEN)
    assert authenticator.caller(None, address="") == Caller("open", ALPHA_TENANT, None, ALPHA_USER, "unknown")
    with pytest.raises(Unauthenticated) as refused:
        authenticator.caller(None, address="", allow_open=False)
    assert refused.value.error_code == "missing_token"


@pytest.mark.parametrize("settings", [SETTINGS, OPEN], ids=["token", "open"])
@pytest.mark.parametrize("token", ["", "x", "é", "x" * 5000, "a.b.c", "uma_beta_", "uma_beta_2026_" + "!" * 54])
def test_a_bad_token_is_refused_in_both_modes(settings: object, token: str) -> None:
    authenticator = Authenticator(OPEN if settings is OPEN else SETTINGS)
    with pytest.raises(Unauthenticated) as refused:
        authenticator.caller(token, address="")
    assert refused.value.error_code == "invalid_token"


def test_the_bearer_scheme() -> None:
    assert bearer_token(None) is None
    assert bearer_token("") is None
    assert bearer_token("Bearer abc") == bearer_token("bearer  abc ") == "abc"
    for header in ("Bearer", "Bearer ", "Basic abc", "abc"):
        with pytest.raises(Unauthenticated):
            bearer_token(header)
