from benchmarks.voice.figures import Figures, Spread
from benchmarks.voice.table import table


def cell(subject: str, voice_to_voice: float, callers: int = 10) -> Figures:
    spread = Spread(30, voice_to_voice, voice_to_voice, voice_to_voice, voice_to_voice)
    return Figures(subject, callers, voice_to_voice=spread, cpu_silence=voice_to_voice / 100)


def row(text: str, title: str) -> list[str]:
    line = next(line for line in text.splitlines() if line.startswith(f"| {title}"))
    return [part.strip() for part in line.strip("|").split("|")]


def test_ours_is_divided_by_the_better_reference() -> None:
    text = table([cell("pipecat", 1000), cell("livekit", 900), cell("ours", 450)], "ours")
    assert row(text, "10 callers") == ["10 callers", "ours", "pipecat", "livekit", "ours ÷ better"]
    assert row(text, "voice to voice, p50") == ["voice to voice, p50 ms", "450", "1000", "900", "0.50"]
    assert row(text, "CPU ms/s a caller: silence")[1:] == ["4.50", "10", "9.00", "0.50"]


def test_each_number_of_callers_has_its_block() -> None:
    text = table([cell("ours", 500, callers=10), cell("ours", 400, callers=1)], "ours")
    one, ten = text.split("\n\n")
    assert row(one, "1 caller")[:2] == ["1 caller", "ours"]
    assert row(ten, "voice to voice, p50")[1:] == ["500"]


def test_what_nobody_measured_is_left_out() -> None:
    assert "pauses" not in table([cell("ours", 500)], "ours")
    assert "barge-in: order" not in table([cell("ours", 500)], "ours")


def test_missing_cells_are_empty() -> None:
    text = table([cell("ours", 500), Figures("pipecat", 10)], "ours")
    assert row(text, "voice to voice, p50") == ["voice to voice, p50 ms", "500", "", ""]
