import pytest

from benchmarks.voice.figures import Spread, per_caller_second, percentile, ratio


def test_percentiles_are_values_that_occurred() -> None:
    values = [50.0, 10.0, 30.0, 20.0, 40.0]
    assert [percentile(values, share) for share in (0, 0.5, 0.95, 1)] == [10, 30, 50, 50]
    assert percentile([7.0], 0.95) == 7


def test_a_spread_is_in_milliseconds() -> None:
    spread = Spread.of([0.5, 0.7, 0.6])
    assert spread
    assert spread.count == 3
    assert [spread.p50, spread.p95, spread.least, spread.most] == pytest.approx([600, 700, 500, 700])


def test_nothing_has_no_spread() -> None:
    assert Spread.of([]) is None


def test_cpu_is_shared_by_the_callers() -> None:
    assert per_caller_second(2.0, 3.0, elapsed=4.0, callers=10) == pytest.approx(25)


def test_the_ratio_is_to_the_better_reference() -> None:
    assert ratio(300, [600, 1000]) == pytest.approx(0.5)
    assert ratio(300, [None, 600]) == pytest.approx(0.5)


@pytest.mark.parametrize("theirs", [[], [None], [0.0, 5.0]])
def test_there_is_no_ratio_to_nothing(theirs: list[float | None]) -> None:
    assert ratio(300, theirs) is None
    assert ratio(None, [5.0]) is None
