"""Decisions about addresses, names and roles."""

import dataclasses

import pytest
from auth_api.rules import account_name, account_role, chosen_name, normal_email

from shared.clock import utc_now
from shared.errors import InvalidInput
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


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("ada@school.example", "ada@school.example"),
        (" Ada.Lovelace+test@School.EXAMPLE\n", "ada.lovelace+test@school.example"),
        ("\uff41\uff44\uff41\uff20school.example", "ada@school.example"),
        ("JÜRGEN@schule.example", "jürgen@schule.example"),
        ("ju\u0308rgen@schule.example", "jürgen@schule.example"),
        ("o'brien@school.example", "o'brien@school.example"),
        ("a@b-c.example", "a@b-c.example"),
        ("用户@例子.example", "用户@例子.example"),
    ],
)
def test_an_address_has_one_spelling(given: str, stored: str) -> None:
    assert normal_email(given) == stored
    assert normal_email(stored) == stored


@pytest.mark.parametrize(
    "given",
    [
        "",
        " ",
        "ada",
        "ada@",
        "@school.example",
        "ada@school",
        "ada@@school.example",
        "a b@school.example",
        "ada@sch ool.example",
        "ada@school.example, bob@school.example",
        "Ada <ada@school.example>",
        '"ada"@school.example',
        "ada\x00@school.example",
        "ada\x1b@school.example",
        "ada\u200b@school.example",
        "ada\u202e@school.example",
        "ada@school..example",
        ".ada@school.example",
        "ada.@school.example",
        "a..b@school.example",
        "ada@-school.example",
        "ada@school-.example",
        "ada@school.example-",
        "x" * 65 + "@school.example",
        "ada@" + "x" * 64 + ".example",
        "a@" + "b." * 130 + "example",
        "x" * 100_000,
        "ada@[127.0.0.1]",
    ],
)
def test_what_is_no_address(given: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        normal_email(given)
    assert refused.value.error_code == "invalid_email"
    assert set(refused.value.details) == {"email"}


def test_a_name_is_one_line_and_never_empty() -> None:
    assert chosen_name(" Ada \n Lovelace ", "ada@school.example") == "Ada Lovelace"
    assert chosen_name(None, "ada@school.example") == chosen_name("  ", "ada@school.example") == "ada"
    nameless = dataclasses.replace(ACCOUNT, display_name="")
    assert account_name(ACCOUNT) == "Ada"
    assert account_name(nameless) == "ada"
    assert account_name(dataclasses.replace(nameless, email=None)) == "Learner"


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
    assert account_role(dataclasses.replace(ACCOUNT, role=role, tenant_kind=kind)) == shown
