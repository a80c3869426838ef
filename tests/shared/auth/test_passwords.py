"""Passwords at rest."""

from argon2 import PasswordHasher, extract_parameters

from shared.auth.passwords import NOBODYS_HASH, hash_password, is_outdated, verify_password

PASSWORD = "violet-harbour-97"


def test_a_password_is_verified_and_no_other() -> None:
    stored = hash_password(PASSWORD)
    assert verify_password(PASSWORD, stored)
    assert not verify_password(PASSWORD + "x", stored)
    assert stored != hash_password(PASSWORD)


def test_the_parameters_are_the_decided_ones() -> None:
    found = extract_parameters(hash_password(PASSWORD))
    assert (found.type.name, found.time_cost, found.memory_cost, found.parallelism) == ("ID", 2, 19_456, 1)


def test_nobodys_password_takes_the_same_work_and_is_never_right() -> None:
    assert extract_parameters(NOBODYS_HASH) == extract_parameters(hash_password(PASSWORD))
    assert not verify_password(PASSWORD, None)
    assert not verify_password("", None)


def test_a_hash_that_is_none_is_never_right() -> None:
    assert not verify_password(PASSWORD, "nonsense")
    assert not verify_password("nonsense", "nonsense")


def test_a_hash_with_other_parameters_is_outdated() -> None:
    assert not is_outdated(hash_password(PASSWORD))
    assert is_outdated(PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD))


def test_compatibility_forms_are_one_password() -> None:
    assert verify_password("ﬁsh-ﬂour-Å-12", hash_password("fish-flour-Å-12"))
