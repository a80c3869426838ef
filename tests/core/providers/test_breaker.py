"""A breaker opens after failures in a row, rests, and lets one call find out."""

import asyncio

import pytest

from core.providers.breaker import FAILURES, FIRST_REST_S, LONGEST_REST_S, Breaker, State
from core.providers.errors import Reason, provider_error
from shared.errors import BudgetExhausted, ProviderUnavailable


class Clock:
    """A clock a test sets."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker("fake", clock=clock)


def fail(breaker: Breaker, reason: Reason = "timeout", retry_after_s: int | None = None) -> None:
    with pytest.raises(ProviderUnavailable), breaker.call():
        raise provider_error("fake", reason, retry_after_s=retry_after_s)


def succeed(breaker: Breaker) -> None:
    with breaker.call() as call:
        call.answered = True


def test_it_opens_after_failures_in_a_row(breaker: Breaker) -> None:
    for _ in range(FAILURES - 1):
        fail(breaker)
    succeed(breaker)
    for _ in range(FAILURES - 1):
        fail(breaker)
    assert breaker.ready
    fail(breaker)
    assert (breaker.state, breaker.ready) == (State.OPEN, False)
    assert breaker.results == {"timeout": 2 * FAILURES - 1, "answered": 1}


def test_after_its_rest_one_call_tries_and_closes_it(breaker: Breaker, clock: Clock) -> None:
    for _ in range(FAILURES):
        fail(breaker)
    clock.now += FIRST_REST_S
    assert breaker.ready
    with breaker.call() as call:
        assert (breaker.state, breaker.ready) == (State.TRYING, False)
        call.answered = True
    assert (breaker.state, breaker.ready) == (State.CLOSED, True)


def test_each_failed_trial_doubles_the_rest_up_to_a_limit(breaker: Breaker, clock: Clock) -> None:
    for _ in range(FAILURES):
        fail(breaker)
    rest = FIRST_REST_S
    for _ in range(10):
        clock.now += rest
        fail(breaker)
        rest = min(2 * rest, LONGEST_REST_S)
        clock.now += rest - 0.1
        assert not breaker.ready
        clock.now += 0.1
        assert breaker.ready
        clock.now -= rest
    assert rest == LONGEST_REST_S


def test_a_vendor_that_says_when_is_left_alone_until_then(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, "rate_limited", retry_after_s=7)
    clock.now += 6.9
    assert not breaker.ready
    clock.now += 0.1
    assert breaker.ready


@pytest.mark.parametrize(("told", "rest"), [(None, FIRST_REST_S), (86_400, LONGEST_REST_S)])
def test_a_limit_opens_it_at_once_for_a_bounded_time(
    breaker: Breaker, clock: Clock, told: int | None, rest: float
) -> None:
    fail(breaker, "rate_limited", retry_after_s=told)
    assert not breaker.ready
    clock.now += rest
    assert breaker.ready


def test_a_trial_that_is_cut_short_is_left_to_the_next_call(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, "rate_limited", retry_after_s=1)
    clock.now += 1
    with pytest.raises(asyncio.CancelledError), breaker.call():
        raise asyncio.CancelledError
    assert (breaker.state, breaker.ready) == (State.OPEN, True)
    with pytest.raises(asyncio.CancelledError), breaker.call() as call:
        call.answered = True
        raise asyncio.CancelledError
    assert breaker.state is State.CLOSED


def test_an_error_of_our_own_tells_nothing_of_the_vendor(breaker: Breaker) -> None:
    for _ in range(FAILURES):
        with pytest.raises(BudgetExhausted), breaker.call():
            raise BudgetExhausted("nothing is left")
    assert (breaker.state, breaker.results) == (State.CLOSED, {})
