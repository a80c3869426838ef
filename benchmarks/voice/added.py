"""What many callers add to the latency of one, on the same server in the same run."""

from collections.abc import Sequence

from benchmarks.voice.figures import Figures, Spread


def added(cells: Sequence[Figures]) -> list[str]:
    """Return a line for each server and number of callers that can be compared with one caller of the same server."""
    alone = {cell.subject: cell.voice_to_voice for cell in cells if cell.callers == 1}
    lines: list[str] = []
    for cell in cells:
        one, many = alone.get(cell.subject), cell.voice_to_voice
        if cell.callers > 1 and one is not None and many is not None:
            lines.append(_line(cell, one, many))
    return ["", *lines] if lines else []


def _line(cell: Figures, one: Spread, many: Spread) -> str:
    used = ""
    if cell.cpu_conversation is not None:
        used = f"; CPU {cell.cpu_conversation * cell.callers / 1000:.3f} s a second in conversation"
    return (
        f"{cell.subject}, {cell.callers} callers over 1: voice to voice p50 {many.p50 - one.p50:+.0f} ms, "
        f"p95 {many.p95 - one.p95:+.0f} ms, {cell.missed_turns} turns missed, {cell.calls_lost} calls lost{used}"
    )
