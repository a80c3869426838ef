"""Every error a caller may meet, in one tree with stable lower-case codes.

Anything else that is raised is our own bug: the transport answers 500 and the cause goes to the log only.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar


class AppError(Exception):
    """An expected failure with a stable code.

    Args:
        message: a sentence for the caller; never a secret, a token or somebody's words.
        code: replaces the class's code where the contract names a finer one.
        details: field name to what was expected there.
    """

    code: ClassVar[str] = "internal_error"

    def __init__(self, message: str, *, code: str | None = None, details: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.error_code = code or type(self).code
        self.details = dict(details or {})


class InvalidInput(AppError):
    """The caller sent something this operation cannot take; `details` names the field."""

    code = "invalid_input"


class NotDrawable(InvalidInput):
    """A picture that cannot be drawn as it was described.

    Args: problems: what is wrong with it, each a sentence.
    """

    code = "not_drawable"

    def __init__(self, field: str, problems: Sequence[str]) -> None:
        super().__init__(f"{field}: {problems[0]}", details={field: problems[0]})
        self.problems = list(problems)


class PayloadTooLarge(InvalidInput):
    """The body is bigger than this operation accepts."""

    code = "payload_too_large"


class Unauthenticated(AppError):
    """No credential, or one that is not valid now."""

    code = "invalid_token"


class AdminUnauthenticated(Unauthenticated):
    """An administrator's credential that is refused although it tells whose it is.

    Args:
        proof: "access", where Cloudflare Access has signed it, or "password". login: the address. reason: for the
            audit log alone.
    """

    def __init__(self, message: str, *, code: str | None = None, proof: str, login: str, reason: str) -> None:
        super().__init__(message, code=code)
        self.proof = proof
        self.login = login
        self.reason = reason


class Forbidden(AppError):
    """A valid credential that may not do this."""

    code = "forbidden"


class NotFound(AppError):
    """No such thing for this tenant."""

    code = "not_found"


class MethodNotAllowed(AppError):
    """The path exists, the method does not."""

    code = "method_not_allowed"


class Conflict(AppError):
    """The thing's present state does not allow this."""

    code = "conflict"


class Unprocessable(AppError):
    """Well-formed, but it contradicts an earlier request."""

    code = "unprocessable"


class BudgetExhausted(AppError):
    """The tenant's or the deployment's budget is spent; `details` says what is left and when it resets."""

    code = "budget_exhausted"


class UpgradeRequired(AppError):
    """The client's version is no longer served; `details` names the least one that is."""

    code = "upgrade_required"


class RateLimited(AppError):
    """Too many requests.

    Args:
        retry_after: whole seconds until one more request fits.
        limit: requests per window.
        window: seconds.
    """

    code = "rate_limit_exceeded"

    def __init__(self, message: str, *, retry_after: int, limit: int, window: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.limit = limit
        self.window = window


class Unavailable(AppError):
    """Something this operation needs does not answer at the moment; trying again may help."""

    code = "unavailable"


class ProviderUnavailable(Unavailable):
    """A speech or language vendor failed, timed out or hung up."""

    code = "provider_unavailable"
