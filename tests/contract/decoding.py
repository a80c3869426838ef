"""Decodes answers as strictly as the phones do, and tells everything that would make one of them fail.

The rules are those of Android's decoder (kotlinx.serialization, unknown keys ignored, nulls not coerced): a field
without a default must be there; null is an error anywhere, because we leave out what is not known; an `Int` is a JSON
integer of 32 bits, neither `5.0` nor `"5"` nor `true`; a list holds only what its type says.

Write a model per answer, naming every field the clients need, and the optional ones with UNSET:

    class Pack(Struct):
        id: str
        question_count: Int
        competition_year: Int | UnsetType = UNSET

    pack = decode(learner.get("/api/kb/packs/p1"), Pack)
"""

import re
from typing import Annotated, Any, Final, TypeVar, cast

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from tests.support.api import Answer

T = TypeVar("T")

# Kotlin's integers. Swift's Int, and fields both apps read, are Long.
Int = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
Long = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Number = float  # a JSON number of any form
# A share or a probability.
Share = Annotated[float, Meta(ge=0, le=1)]
# UTC without fraction or offset: Foundation's default ISO formatter takes nothing else.
_MOMENT: Final = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"
Moment = Annotated[str, Meta(pattern=_MOMENT)]
Text = Annotated[str, Meta(min_length=1)]

_CODE: Final = re.compile(r"[a-z][a-z0-9_]*")


class Error(Struct):
    """The error envelope every client reads."""

    error: Text
    message: Text
    code: Text
    request_id: Text
    details: dict[str, str] | UnsetType = UNSET
    success: bool | UnsetType = UNSET
    retry_after: Int | UnsetType = UNSET


def decode(answer: Answer, model: type[T], *, status: int = 200) -> T:
    """Return an answer's body as the app reads it.

    Args:
        status: what it must have; iOS takes no other 2xx than 200.
    Raises: AssertionError: the status, a null, or a field that is missing or of another type; the message says which.
    """
    assert answer.status == status, f"status {answer.status}, not {status}: {answer.body}"
    assert answer.headers.get("content-type", "").startswith("application/json"), answer.headers
    assert not (at := nulls(answer.body)), f"null at {', '.join(at)}"
    try:
        return msgspec.json.decode(answer.raw, type=model)
    except msgspec.ValidationError as error:
        raise AssertionError(f"{model}: {error}: {answer.body}") from error


def refused(answer: Answer, status: int, code: str, *, field: str | None = None, flag: bool = False) -> Error:
    """Return a refusal as every client reads it.

    Args:
        code: in lower case, as the web client compares it.
        field: named among the details.
        flag: the area answers `success: false` beside the envelope.
    """
    error = decode(answer, Error, status=status)
    assert error.code == code, answer.body
    assert _CODE.fullmatch(error.code), error.code
    assert error.error == error.message
    assert (error.success is False) if flag else isinstance(error.success, UnsetType), answer.body
    if field is not None:
        assert isinstance(error.details, dict), answer.body
        assert field in error.details, answer.body
    if status == 429:
        assert isinstance(error.retry_after, int)
        assert answer.headers["retry-after"] == str(error.retry_after)
    return error


# Whole numbers, in whichever answer they are.
_WHOLE: Final = re.compile(
    r"(?:.*_|.*[a-z])?(?:[Cc]ount|[Tt]otal|[Ii]ndex)|limit|offset|expires_in|difficulty|revision"
)
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*")


def check(answer: Answer, *, flagged: bool = False) -> None:
    """Hold any JSON answer, whatever it is about, to what every client needs of it.

    Args: flagged: its area's errors have `success: false`.
    Raises: AssertionError: a null, a count with a fraction, a date with one or with an offset, an error without its
        envelope.
    """
    if answer.body is None:
        return
    if answer.status >= 400:
        refused(answer, answer.status, str(answer.body.get("code")), flag=flagged)
    assert not (wrong := nulls(answer.body) + odd_values(answer.body)), ", ".join(wrong)


def odd_values(value: object, path: str = "$", name: str = "") -> list[str]:
    """Return the places of an answer whose values no client takes: counts that are not whole, dates in other forms."""
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value).items()
        return [at for key, item in members for at in odd_values(item, f"{path}.{key}", key)]
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return [at for index, item in enumerate(items) for at in odd_values(item, f"{path}[{index}]")]
    if isinstance(value, float) and _WHOLE.fullmatch(name):
        return [path]
    is_date = isinstance(value, str) and _DATE.fullmatch(value)
    return [path] if is_date and not re.fullmatch(_MOMENT, str(value)) else []


def nulls(value: object, path: str = "$") -> list[str]:
    """Return the places of an answer that hold null."""
    if value is None:
        return [path]
    if isinstance(value, dict):
        return [at for key, item in cast("dict[str, Any]", value).items() for at in nulls(item, f"{path}.{key}")]
    if isinstance(value, list):
        return [at for index, item in enumerate(cast("list[Any]", value)) for at in nulls(item, f"{path}[{index}]")]
    return []
