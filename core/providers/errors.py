"""Where a vendor's exceptions end: adapters turn them into ProviderUnavailable, here and nowhere else."""

from collections.abc import Generator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from math import ceil
from typing import Any, Final, Literal

from shared.clock import utc_now
from shared.errors import ProviderUnavailable

Reason = Literal["timeout", "rate_limited", "rejected", "server_error", "disconnected", "malformed", "unsupported"]

_SENTENCES: dict[Reason, str] = {
    "timeout": "did not answer in time",
    "rate_limited": "accepts no more requests at the moment",
    "rejected": "refused the request",
    "server_error": "failed",
    "disconnected": "could not be reached or hung up",
    "malformed": "answered something that cannot be understood",
    "unsupported": "cannot do this",
}


def provider_error(
    vendor: str, reason: Reason, *, status: int | None = None, retry_after_s: int | None = None
) -> ProviderUnavailable:
    """Return the error for one failure; it never repeats the vendor's words, which may quote a key or a learner.

    Its `details` hold `provider`, `reason` and, where they were told, the HTTP `status` and `retry_after_s`, the
    seconds after which the vendor may be asked again.
    """
    details = {"provider": vendor, "reason": reason}
    if retry_after_s is not None:
        details["retry_after_s"] = str(retry_after_s)
    suffix = ""
    if status is not None:
        details["status"] = str(status)
        suffix = f" (HTTP {status})"
    return ProviderUnavailable(f"{vendor} {_SENTENCES[reason]}{suffix}", details=details)


# Statuses whose Retry-After header is meant for us: too many requests, and out of service for a while.
_SAY_WHEN: Final = frozenset({429, 503})


@contextmanager
def vendor_errors(vendor: str, *kinds: type[Exception]) -> Generator[None]:
    """Turn a vendor's failures inside the block into ProviderUnavailable.

    Args:
        vendor: the adapter's name.
        kinds: the exception types of the vendor's SDK and of the transport below it; time-outs, socket errors and
            values that cannot be decoded are covered without being named.
    Raises: ProviderUnavailable: with the original as its cause.
    """
    try:
        yield
    except TimeoutError as exc:
        raise provider_error(vendor, "timeout") from exc
    except (OSError, EOFError) as exc:
        raise provider_error(vendor, "disconnected") from exc
    except kinds as exc:
        raise _classified(vendor, exc) from exc
    except ValueError as exc:
        raise provider_error(vendor, "malformed") from exc


def _classified(vendor: str, exc: Exception) -> ProviderUnavailable:
    """Tell a vendor's exceptions apart by what every SDK has: a status, or a class named after what happened."""
    status = getattr(exc, "status_code", None)
    if isinstance(status, int) and status >= 400:
        reason: Reason = "rate_limited" if status == 429 else "rejected" if status < 500 else "server_error"
        wait = _retry_after_s(exc) if status in _SAY_WHEN else None
        return provider_error(vendor, reason, status=status, retry_after_s=wait)
    if "Timeout" in type(exc).__name__:
        return provider_error(vendor, "timeout")
    if (
        isinstance(status, int)
        or isinstance(exc, ValueError | TypeError | AttributeError)
        or "Validation" in type(exc).__name__
    ):
        return provider_error(vendor, "malformed")
    return provider_error(vendor, "disconnected")


def _retry_after_s(exc: Exception) -> int | None:
    """Return what an SDK's exception says of its answer's Retry-After header: whole seconds, or a date."""
    headers: Any = getattr(exc, "headers", None) or getattr(getattr(exc, "response", None), "headers", None) or {}
    named = {str(name).lower(): str(value) for name, value in headers.items()}
    text = named.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return int(text[:6])
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    if when.tzinfo is None:
        return None
    return max(0, ceil((when - utc_now()).total_seconds()))
