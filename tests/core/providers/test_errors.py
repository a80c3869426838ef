"""Every way a vendor fails becomes one error with a reason."""

import pytest

from core.providers.errors import vendor_errors
from shared.errors import ProviderUnavailable


class SdkError(Exception):
    """What a vendor's SDK raises."""

    def __init__(self, status_code: int | None = None, **headers: str) -> None:
        super().__init__("key sk-secret heard: my name is Ada")
        self.status_code = status_code
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class SdkTimeoutError(SdkError):
    """A time-out in the SDK's words."""


class SdkValidationError(SdkError):
    """An answer of the wrong shape in the SDK's words."""


@pytest.mark.parametrize(
    ("raised", "reason"),
    [
        (TimeoutError(), "timeout"),
        (ConnectionResetError(), "disconnected"),
        (EOFError(), "disconnected"),
        (ValueError("bad json"), "malformed"),
        (SdkError(200), "malformed"),
        (SdkError(400), "rejected"),
        (SdkError(401), "rejected"),
        (SdkError(429), "rate_limited"),
        (SdkError(503), "server_error"),
        (SdkError(), "disconnected"),
        (SdkTimeoutError(), "timeout"),
        (SdkValidationError(), "malformed"),
        (AttributeError("text"), "malformed"),
    ],
)
def test_what_is_raised_and_what_it_is_called(raised: Exception, reason: str) -> None:
    with pytest.raises(ProviderUnavailable) as caught, vendor_errors("acme", SdkError, AttributeError):
        raise raised
    assert caught.value.details["reason"] == reason
    assert caught.value.details["provider"] == "acme"
    assert caught.value.__cause__ is raised
    assert "Ada" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_our_own_mistakes_stay_ours() -> None:
    with pytest.raises(KeyError), vendor_errors("acme", SdkError):
        raise KeyError("x")


def test_an_error_already_told_is_not_told_again() -> None:
    first = ProviderUnavailable("acme failed")
    with pytest.raises(ProviderUnavailable) as caught, vendor_errors("acme", SdkError):
        raise first
    assert caught.value is first


@pytest.mark.parametrize(
    ("status", "header", "seconds"),
    [
        (429, "7", "7"),
        (503, " 30 ", "30"),
        (429, "Thu, 01 Jan 1970 00:00:00 GMT", "0"),
        (429, "Thu, 01 Jan 1970 00:00:00", None),
        (429, "soon", None),
        (429, "-5", None),
        (429, "", None),
        (500, "7", None),
    ],
)
def test_when_the_vendor_may_be_asked_again(status: int, header: str, seconds: str | None) -> None:
    with pytest.raises(ProviderUnavailable) as caught, vendor_errors("acme", SdkError):
        raise SdkError(status, Retry_After=header)
    assert caught.value.details.get("retry_after_s") == seconds
