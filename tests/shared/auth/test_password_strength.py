"""Which passwords are refused."""

import pytest

from shared.auth.password_strength import weaknesses


@pytest.mark.parametrize(
    "password",
    [
        "violet-harbour-97",
        "correct horse battery staple",
        "Tr0ub4dor&3-x",
        "grüne Äpfel 7",
        "密码学是一门有趣的科学",
        "n8#kQ2!w",
    ],
)
def test_good_passwords_have_no_weakness(password: str) -> None:
    assert weaknesses(password, ("ada", "Ada Lovelace")) == []


@pytest.mark.parametrize(
    "password",
    [
        "password", "Password1", "P@ssw0rd", "p4$$w0rd2026", "passwordpassword", "qwertyuiop", "12345678",
       "123456789012",
        "87654321", "abcdefgh1234", "iloveyou!!", "Welcome2026!", "unamentis2026", "letmein123", "MINECRAFT99",
    ],
)  # fmt: skip
def test_what_is_tried_first_is_refused(password: str) -> None:
    assert any("tried first" in suggestion for suggestion in weaknesses(password))


def test_every_weakness_has_its_suggestion() -> None:
    assert weaknesses("Ab1!x") == ["use at least 8 characters"]
    assert weaknesses("x7!" * 3) == ["use at least 5 different characters"]
    assert weaknesses("violet-97" * 40) == ["use at most 256 characters"]
    assert weaknesses("lovelace-97-violet", ("ada", "Ada Lovelace")) == ["leave out your name and e-mail address"]
    assert len(weaknesses("1234")) == 3


def test_short_names_may_be_part_of_a_password() -> None:
    assert weaknesses("canada-violet-97", ("ada",)) == []
