"""Where a vendor's exceptions end: adapters turn them into ProviderUnavailable, here and nowhere else."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Literal

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


def provider_error(vendor: str, reason: Reason, *, status: int | None = None) -> ProviderUnavailable:
    """Return the error for one failure; it never repeats the vendor's words, which may quote a key or a learner.

    Its `details` hold `provider`, `reason` and, where there was one, the HTTP `status`.
    """
    details = {"provider": vendor, "reason": reason}
    suffix = ""
    if status is not None:
        details["status"] = str(status)
        suffix = f" (HTTP {status})"
    return ProviderUnavailable(f"{vendor} {_SENTENCES[reason]}{suffix}", details=details)


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
    if isinstance(status, int):
        if status == 429:
            return provider_error(vendor, "rate_limited", status=status)
        return provider_error(vendor, "rejected" if status < 500 else "server_error", status=status)
    if "Timeout" in type(exc).__name__:
        return provider_error(vendor, "timeout")
    if isinstance(exc, ValueError | TypeError | AttributeError) or "Validation" in type(exc).__name__:
        return provider_error(vendor, "malformed")
    return provider_error(vendor, "disconnected")
