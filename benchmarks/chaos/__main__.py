"""Turns while things break: sent, stored, resumed, lost and stored twice.

    python -m benchmarks.chaos
    python -m benchmarks.chaos --kills 3 --restarts 1 --faults 429,endless

Exits with 1 when a turn was lost, stored twice or left half done in silence, or when another learner noticed.
"""

import argparse
import asyncio
import random
import secrets
import sys
import tempfile
import time
from pathlib import Path
from typing import get_args

import aiohttp

from benchmarks.chaos.accidents import FAULTS, Accidents
from benchmarks.chaos.house import House, house
from benchmarks.chaos.tally import Tally, table
from benchmarks.voice.clips import make_voices
from tests.vendors.speech_server import Fault, speech_server

# The first 1.2 s of a question: the rest of it would tell nothing more.
_SPOKEN_BYTES = 1_200 * 32


def main() -> int:
    """Break everything, print the table, and return the exit status."""
    options = _options()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="unamentis-chaos-") as folder, house(Path(folder)) as built:
        tallies = asyncio.run(_break(built, options))
    print(table(tallies))
    print(f"{time.monotonic() - began:.0f} s, seed {options.seed}")
    return 0 if all(tally.is_good for tally in tallies) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20, help="times the server is killed (%(default)s)")
    parser.add_argument("--restarts", type=int, default=3, help="restarts, and as many crashes, of the database")
    parser.add_argument(
        "--faults", type=_faults, default=list(FAULTS), help=f"of vendors: {', '.join(FAULTS)}; or none"
    )
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10_000), help="of the random moments")
    return parser.parse_args()


def _faults(text: str) -> list[Fault]:
    chosen = [] if text == "none" else text.split(",")
    if unknown := set(chosen) - set(FAULTS):
        raise argparse.ArgumentTypeError(f"there is no fault called {', '.join(sorted(unknown))}")
    return [fault for fault in get_args(Fault) if fault in chosen]


async def _break(built: House, options: argparse.Namespace) -> list[Tally]:
    clip = make_voices().questions[0][:_SPOKEN_BYTES]
    async with speech_server() as vendors, aiohttp.ClientSession() as http:
        vendors.transcript = "Spoken question {}"
        vendors.reply = ("You ", "ask about ", "{}. ", "It is ", "not easy ", "to say. ", "Let us ", "begin.")
        vendors.audio = bytes(range(256)) * 75  # 0.4 s
        vendors.pause_s = 0.01
        chance = random.Random(options.seed)  # noqa: S311 - moments that can be had again
        accidents = Accidents(built, http, vendors, clip, chance)
        tallies: list[Tally] = []
        # Killed servers and failing vendors have nothing to do with each other; without a database nothing works.
        killed, failed = await asyncio.gather(_kill(accidents, options), _fail(accidents, options))
        tallies += killed
        if options.restarts:
            tallies.append(await accidents.databases("database restarted", options.restarts, built.restart_database))
            tallies.append(await accidents.databases("database killed", options.restarts, built.crash_database))
        tallies += failed
    return tallies


async def _kill(accidents: Accidents, options: argparse.Namespace) -> list[Tally]:
    return [await accidents.kills(options.kills)] if options.kills else []


async def _fail(accidents: Accidents, options: argparse.Namespace) -> list[Tally]:
    return [*await accidents.faults(options.faults), await accidents.refusals()] if options.faults else []


if __name__ == "__main__":
    sys.exit(main())
