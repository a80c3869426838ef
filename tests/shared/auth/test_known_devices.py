"""The proof that a device has signed an account in before."""

import base64

from shared.auth.known_devices import KnownDevices

ADA = "ada@school.example"
DEVICES = KnownDevices(bytes(32))


def test_a_proof_names_its_device_and_no_two_are_alike() -> None:
    first, second = (DEVICES.proved(ADA, DEVICES.issue(ADA)) for _ in range(2))
    assert first is not None
    assert first.startswith("device-")
    assert first != second
    proof = DEVICES.issue(ADA)
    assert DEVICES.proved(ADA, proof) == DEVICES.proved(ADA, proof)


def test_what_proves_nothing() -> None:
    proof = DEVICES.issue(ADA)
    assert DEVICES.proved("grace@school.example", proof) is None
    assert KnownDevices(bytes(31) + b"1").proved(ADA, proof) is None
    for text in (None, "", "x", proof[:-1], proof + "A", "=" * 43, "é" * 43, "\x00" * 43):
        assert DEVICES.proved(ADA, text) is None
    raw = bytearray(base64.urlsafe_b64decode(proof + "="))
    for index in range(len(raw)):
        changed = bytes([*raw[:index], raw[index] ^ 1, *raw[index + 1 :]])
        assert DEVICES.proved(ADA, base64.urlsafe_b64encode(changed).decode().rstrip("=")) is None


def test_an_account_is_counted_under_a_name_that_tells_nothing() -> None:
    name = DEVICES.account(ADA)
    assert name == DEVICES.account(ADA)
    assert name != DEVICES.account("grace@school.example")
    assert name != KnownDevices(bytes(31) + b"1").account(ADA)
    assert len(name) == 64
