"""Decisions about names and roles."""

import pytest
from auth_api.rules import account_name, account_role, chosen_name
from msgspec import structs

from shared.clock import utc_now
from shared.repositories.accounts import Account

ACCOUNT = Account(
    id="u",
    email="ada@school.example",
    email_verified=False,
    display_name="Ada",
    avatar_url=None,
    locale="en-US",
    timezone="UTC",
    created_at=utc_now(),
    updated_at=utc_now(),
    last_login_at=None,
    role="learner",
    tenant_kind="organisation",
)


def test_a_name_is_one_line_and_never_empty() -> None:
    assert chosen_name(" Ada \n Lovelace ", "ada@school.example") == "Ada Lovelace"
    assert chosen_name(None, "ada@school.example") == chosen_name("  ", "ada@school.example") == "ada"
    nameless = structs.replace(ACCOUNT, display_name="")
    assert account_name(ACCOUNT) == "Ada"
    assert account_name(nameless) == "ada"
    assert account_name(structs.replace(nameless, email=None)) == "Learner"


@pytest.mark.parametrize(
    ("role", "kind", "shown"),
    [
        ("owner", "individual", "user"),
        ("owner", "organisation", "admin"),
        ("admin", "team", "admin"),
        ("teacher", "organisation", "user"),
        ("learner", "organisation", "user"),
    ],
)
def test_owning_oneself_is_no_administration(role: str, kind: str, shown: str) -> None:
    assert account_role(structs.replace(ACCOUNT, role=role, tenant_kind=kind)) == shown
