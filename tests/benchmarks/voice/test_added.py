"""What many callers add is told beside one caller of the same server."""

from benchmarks.voice.added import added
from benchmarks.voice.figures import Figures, Spread


def cell(subject: str, callers: int, *milliseconds: float) -> Figures:
    spread = Spread.of([value / 1000 for value in milliseconds])
    return Figures(subject, callers, voice_to_voice=spread, cpu_conversation=4.2)


def test_both_percentiles_and_all_of_the_cpu() -> None:
    lines = added([cell("ours", 1, 600, 610, 620), cell("ours", 50, 610, 620, 670), cell("theirs", 50, 900)])
    over_one = "voice to voice p50 +10 ms, p95 +50 ms, 0 turns missed, 0 calls lost"
    assert lines == ["", f"ours, 50 callers over 1: {over_one}; CPU 0.210 s a second in conversation"]


def test_nothing_without_one_caller_or_an_answer() -> None:
    assert added([cell("ours", 10, 600)]) == []
    assert added([cell("ours", 1, 600), cell("ours", 10)]) == []
