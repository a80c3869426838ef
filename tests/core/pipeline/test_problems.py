import pytest

from core.pipeline.problems import problem_of
from core.providers.errors import provider_error
from shared.errors import AppError, BudgetExhausted, Conflict, Unauthenticated, Unavailable


@pytest.mark.parametrize(
    ("stage", "error", "code", "recoverable"),
    [
        ("STT", provider_error("v", "timeout"), "STT_TIMEOUT", True),
        ("LLM", provider_error("v", "rate_limited"), "LLM_RATE_LIMITED", True),
        ("TTS", provider_error("v", "disconnected"), "TTS_FAILED", True),
        ("TURN", Unavailable("no answer"), "TURN_NOT_STORED", True),
        ("TURN", Unauthenticated("revoked"), "INVALID_TOKEN", False),
        ("TURN", Conflict("over", code="session_ended"), "SESSION_ENDED", False),
        ("LLM", BudgetExhausted("spent"), "BUDGET_EXHAUSTED", True),
    ],
)
def test_a_problem_names_its_stage_and_says_whether_the_session_goes_on(
    stage: str, error: AppError, code: str, recoverable: bool
) -> None:
    problem = problem_of(stage, error)
    assert (problem.code, problem.message, problem.recoverable) == (code, error.message, recoverable)
