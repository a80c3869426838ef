"""What a client is told of a failure."""

from collections.abc import Iterator
from traceback import format_tb
from typing import Final, cast

from core.observability.record import Outcome
from core.pipeline.notices import Problem
from core.pipeline.talk import ends_session
from shared.errors import AppError, BudgetExhausted, ProviderUnavailable
from shared.logging import get_logger

_log: Final = get_logger("core")

INTERNAL: Final = Problem("INTERNAL_ERROR", "something went wrong on our side: please say it again")
NOT_UNDERSTOOD: Final = Problem("NO_SPEECH", "nothing was understood: please say it again")
_NOT_STORED: Final = "TURN_NOT_STORED"
_REASONS: Final = {"timeout": "TIMEOUT", "rate_limited": "RATE_LIMITED"}


def problem_of(stage: str, error: AppError) -> Problem:
    """Return the notice of an error in a stage: STT, LLM, TTS or TURN (its storing).

    Codes: STT_TIMEOUT, LLM_FAILED, TTS_RATE_LIMITED …; TURN_NOT_STORED; else the error's own, in capitals, such as
    BUDGET_EXHAUSTED, whose details say which budget it was and when it resets.
    """
    recoverable = not ends_session(error)
    if isinstance(error, ProviderUnavailable):
        code = f"{stage}_{_REASONS.get(error.details.get('reason', ''), 'FAILED')}"
    elif stage == "TURN" and recoverable:
        code = _NOT_STORED
    else:
        code = error.error_code.upper()
    return Problem(code, error.message, recoverable, error.details if isinstance(error, BudgetExhausted) else {})


def outcome_of(problem: Problem | None, *, cut: bool, heard: bool) -> Outcome:
    """Return how a turn ended, as operators count it.

    Args:
        cut: the answer was cut short.
        heard: the learner's words are stored.
    """
    if problem is NOT_UNDERSTOOD or (problem is None and not heard):
        return Outcome.UNHEARD
    if problem is not None:
        return Outcome.LOST if problem.code == _NOT_STORED else Outcome.FAILED
    return Outcome.INTERRUPTED if cut else Outcome.ANSWERED


def unforeseen(error: BaseException) -> Problem:
    """Log an error of our own making and return what the client is told of it."""
    for failure in failures(error):
        # An exception's text may quote what somebody said, so only its kind and place are logged.
        _log.error("reply_failed", kind=type(failure).__qualname__, trace=format_tb(failure.__traceback__))
    return INTERNAL


def failures(error: BaseException) -> Iterator[BaseException]:
    """Yield the single errors of a task's failure; those of tasks that ran side by side come as a group."""
    if isinstance(error, BaseExceptionGroup):
        for part in cast("BaseExceptionGroup[BaseException]", error).exceptions:
            yield from failures(part)
    else:
        yield error
