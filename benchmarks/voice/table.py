"""The printed table: a block for each number of callers, our figures first, and ours over the better reference's."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from benchmarks.voice.figures import Figures, Spread, ratio

_Read = Callable[[Figures], float | None]
_SMALL: Final = 10


def _p50(name: str) -> _Read:
    return lambda figures: _of(figures, name, "p50")


def _p95(name: str) -> _Read:
    return lambda figures: _of(figures, name, "p95")


def _of(figures: Figures, name: str, field: str) -> float | None:
    spread: Spread | None = getattr(figures, name)
    return None if spread is None else getattr(spread, field)


def _plain(name: str) -> _Read:
    return lambda figures: getattr(figures, name)


def _paused(name: str) -> _Read:
    return lambda figures: getattr(figures, name) if figures.paused_utterances else None


ROWS: Final[tuple[tuple[str, _Read], ...]] = (
    ("voice to voice, p50 ms", _p50("voice_to_voice")),
    ("voice to voice, p95 ms", _p95("voice_to_voice")),
    ("turns missed", _plain("missed_turns")),
    ("sentences with pauses", _paused("paused_utterances")),
    ("false ends of turn in them", _paused("false_ends")),
    ("talked over in them", _paused("talked_over")),
    ("barge-in: order to drop, p50 ms", _p50("barge_in_signal")),
    ("barge-in: order to drop, p95 ms", _p95("barge_in_signal")),
    ("barge-in: audible stop, p50 ms", _p50("barge_in_audible_stop")),
    ("barge-in: audible stop, p95 ms", _p95("barge_in_audible_stop")),
    ("barge-in: audio thrown away, p50 ms", _p50("barge_in_dropped")),
    ("barge-in: stale audio after it, p95 ms", _p95("barge_in_stale")),
    ("barge-in: unnoticed", _plain("barge_ins_unnoticed")),
    ("barge-in: its answer, p50 ms", _p50("barge_in_reply")),
    ("CPU ms/s a caller: silence", _plain("cpu_silence")),
    ("CPU ms/s a caller: caller speaks", _plain("cpu_caller_speaks")),
    ("CPU ms/s a caller: tutor speaks", _plain("cpu_tutor_speaks")),
    ("CPU ms/s a caller: conversation", _plain("cpu_conversation")),
    ("CPU ms/s with no callers", _plain("cpu_no_callers")),
    ("memory MB, empty", _plain("rss_empty_mb")),
    ("memory MB a caller", _plain("rss_per_caller_mb")),
    ("start, s", _plain("start_s")),
    ("loudspeaker ran dry, times a turn", _plain("underruns_per_turn")),
    ("most audio ahead, s", _plain("furthest_ahead_s")),
    ("calls lost", _plain("calls_lost")),
    ("microphone frames late (ours to answer for)", _plain("late_frames")),
)
# In every other row less is better.
_NOT_COMPARED: Final = {
    "barge-in: audio thrown away, p50 ms",
    "most audio ahead, s",
    "sentences with pauses",
    "microphone frames late (ours to answer for)",
}


def table(cells: Sequence[Figures], ours: str) -> str:
    """Return the Markdown table of all cells; `ours` is the subject the others are compared with."""
    blocks = [_block([cell for cell in cells if cell.callers == n], ours) for n in sorted({c.callers for c in cells})]
    return "\n\n".join(blocks)


def _block(cells: Sequence[Figures], ours: str) -> str:
    mine = next((cell for cell in cells if cell.subject == ours), None)
    others = [cell for cell in cells if cell.subject != ours]
    subjects = ([mine] if mine else []) + others
    names = [cell.subject for cell in subjects]
    compared = mine is not None and bool(others)
    header = [f"{cells[0].callers} caller{'s' if cells[0].callers > 1 else ''}", *names]
    lines = [header + ["ours ÷ better"] * compared]
    for title, read in ROWS:
        row = [read(cell) for cell in subjects]
        if any(value is not None for value in row):
            share = ratio(read(mine), [read(cell) for cell in others]) if mine and title not in _NOT_COMPARED else None
            lines.append([title, *map(_shown, row), *([_shown(share)] * compared)])
    lines.append(["load of the machine before", *(f"{cell.load_before:.2f}" for cell in subjects), *([""] * compared)])
    return "\n".join(_aligned(lines))


def _aligned(lines: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for number, line in enumerate(lines):
        cells = [line[0].ljust(widths[0])] + [
            text.rjust(width) for text, width in zip(line[1:], widths[1:], strict=True)
        ]
        yield f"| {' | '.join(cells)} |"
        if number == 0:
            yield (
                "|"
                + "|".join("-" * (width + 1) + ("-" if column == 0 else ":") for column, width in enumerate(widths))
                + "|"
            )


def _shown(value: float | None) -> str:
    if value is None:
        return ""
    if isinstance(value, int):
        return str(value)
    return f"{value:.2f}" if abs(value) < _SMALL else f"{value:.0f}"
