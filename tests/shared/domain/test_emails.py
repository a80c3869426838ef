"""One spelling for each address, and what is none."""

import pytest

from shared.domain.emails import normal_email
from shared.errors import InvalidInput


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
        ("юзер@школа.example", "юзер@школа.example"),
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
        "\u0430da@school.example",  # a Cyrillic a
        "ada@sch\u03bfol.example",  # a Greek o
        "\u0430\u0441\u0435@school.example",  # all Cyrillic, all like Latin
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
