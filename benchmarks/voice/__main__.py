"""Our voice core beside Pipecat and LiveKit Agents: the same callers, the same mock providers, one run.

    python -m benchmarks.voice --callers 1,10,25
    python -m benchmarks.voice --callers 1 --turns 0 --barge-ins 0 --phase-s 0
    python -m benchmarks.voice --callers 50 --cpu 0.25

The references are installed the first time, in environments of their own. What each figure means:
docs/reference/benchmarks.md.
"""

import argparse
import dataclasses
import json
import platform
import sys
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import uvloop

from benchmarks.voice.added import added
from benchmarks.voice.clips import Voices, make_voices
from benchmarks.voice.figures import Figures
from benchmarks.voice.measurement import CallFailed, Measurement, Plan
from benchmarks.voice.our_core import SUBJECT, our_core
from benchmarks.voice.process_tree import ProcessTree
from benchmarks.voice.quota import held
from benchmarks.voice.reference_servers import REFERENCES, reference_server
from benchmarks.voice.servers import Server, ServerFailed
from benchmarks.voice.table import table

SUBJECTS = (SUBJECT, *REFERENCES)
# Alone, a caller has to give all the samples.
ALONE = (6, 4)
AMONG_OTHERS = (3, 2)
PAUSED_SENTENCES = 3


def main() -> int:
    """Measure every server with every number of callers and print the table."""
    options = _options()
    voices = make_voices(options.pause_ms)
    cells: list[Figures] = []
    notes: list[str] = []
    for callers in options.callers:
        for subject in options.servers:
            sys.stderr.write(f"{subject}, {callers} callers …\n")
            try:
                cells.append(_measure(subject, callers, voices, options, notes))
            except (ServerFailed, CallFailed) as exc:
                sys.stderr.write(f"{exc}\n")
                notes.append(f"{subject} at {callers} callers was not measured: {str(exc).splitlines()[0]}")
    if not cells:
        return 1
    if options.json:
        options.json.write_text(json.dumps([dataclasses.asdict(cell) for cell in cells], indent=1) + "\n")
    print("\n".join([*_setting(options), *dict.fromkeys(notes), "", table(cells, SUBJECT), *added(cells)]))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--callers", type=_numbers, default=[1, 10, 25], help="how many at once, such as 1,10,25")
    parser.add_argument("--servers", type=_subjects, help=",".join(SUBJECTS))
    parser.add_argument("--frame-ms", type=int, default=20, help="length of a microphone frame")
    parser.add_argument(
        "--pauses", action=argparse.BooleanOptionalAction, default=True, help="also say sentences with pauses inside"
    )
    parser.add_argument("--pause-ms", type=int, default=350, help="length of those pauses")
    parser.add_argument(
        "--cpu",
        type=float,
        help="hold each server to this share of one CPU, and compare with one caller held so; ours alone unless named",
    )
    parser.add_argument("--turns", type=int, help="questions each caller asks (6 alone, 3 among others)")
    parser.add_argument("--barge-ins", type=int, help="answers each caller interrupts (4 alone, 2 among others)")
    parser.add_argument("--phase-s", type=float, default=8.0, help="seconds each CPU figure is watched; 0: none")
    parser.add_argument("--json", type=Path, help="also write all figures to this file")
    options = parser.parse_args()
    options.servers = options.servers or ([SUBJECT] if options.cpu else [SUBJECT, "pipecat", "livekit"])
    if options.cpu and 1 not in options.callers:
        options.callers = [1, *options.callers]
    return options


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _subjects(text: str) -> list[str]:
    chosen = text.split(",")
    if unknown := set(chosen) - set(SUBJECTS):
        raise argparse.ArgumentTypeError(
            f"no server is called {', '.join(sorted(unknown))}; there are {', '.join(SUBJECTS)}"
        )
    return chosen


def _measure(subject: str, callers: int, voices: Voices, options: argparse.Namespace, notes: list[str]) -> Figures:
    turns, barge_ins = ALONE if callers == 1 else AMONG_OTHERS
    plan = Plan(
        frame_ms=options.frame_ms,
        turns=turns if options.turns is None else options.turns,
        barge_ins=barge_ins if options.barge_ins is None else options.barge_ins,
        pauses=PAUSED_SENTENCES * options.pauses,
        phase_s=options.phase_s,
    )
    with (
        _server(subject, callers) as server,
        held(server.pid, options.cpu) if options.cpu else nullcontext() as means,
    ):
        if means:
            notes.append(f"Each server held to {options.cpu} CPU by {means}.")
        notes.append(f"{subject}: {server.version}")
        figures = Figures(subject, callers, start_s=server.start_s)
        measurement = Measurement(figures, ProcessTree(server.pid), voices, plan)
        return uvloop.run(measurement.run(server.urls, server.dialect))


@contextmanager
def _server(subject: str, callers: int) -> Generator[Server]:
    with our_core(callers) if subject == SUBJECT else reference_server(subject, callers) as server:
        yield server


def _setting(options: argparse.Namespace) -> list[str]:
    return [
        f"{_processor()}, {platform.system()} {platform.release()}; microphone frames of {options.frame_ms} ms.",
        "Providers: transcript after 150 ms, first token after 200 ms then 50 a second, first sound after 100 ms.",
    ]


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{len(names)} CPUs ({names[0] if names else platform.machine()})"


if __name__ == "__main__":
    sys.exit(main())
