"""How well and how fast answers are judged, over our own table of cases: python -m benchmarks.judging

The reference beside us is what is usually done instead: rapidfuzz's WRatio of the lower-cased texts, 85 or more counts.
"""

import platform
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from importlib.metadata import version

from rapidfuzz import fuzz

from shared.domain.answers.answer_lines import read_answer_line
from shared.domain.answers.forms import form_of, plain
from tests.support.answer_cases import Case, all_cases, verdict_of

ROUNDS = 20


def reference(case: Case) -> bool:
    given = case.given.lower()
    return any(fuzz.WRatio(given, text.lower()) >= 85 for text in (case.expected.answer, *case.expected.acceptable))


def micros(judge: Callable[[Case], object], cases: Sequence[Case], forget: Callable[[], None]) -> float:
    """Return µs of CPU a judgement, the best of some rounds over all cases.

    Args: forget: empties what is kept between judgements, before each round.
    """
    best = float("inf")
    for _ in range(ROUNDS):
        forget()
        started = time.process_time()
        for case in cases:
            judge(case)
        best = min(best, (time.process_time() - started) / len(cases))
    return best * 1e6


def forget_everything() -> None:
    for cache in (read_answer_line, form_of, plain):
        cache.cache_clear()


def print_accuracy(cases: Sequence[Case]) -> None:
    rules: dict[str, Counter[bool]] = defaultdict(Counter)
    categories: dict[str, Counter[bool]] = defaultdict(Counter)
    wrong: dict[str, list[str]] = defaultdict(list)
    theirs: Counter[str] = Counter()
    for case in cases:
        judgement = case.judged()
        right = verdict_of(judgement) == case.verdict
        rules[judgement.rule][right] += 1
        categories[case.category][right] += 1
        if not right:
            wrong["false accepts" if judgement.matched else "false rejects"].append(f"{case}: {judgement.rule}")
        if case.verdict != "prompt":
            counted = reference(case)
            theirs["right" if counted == (case.verdict == "yes") else "accepts" if counted else "rejects"] += 1
    for title, table in (("category", categories), ("rule", rules)):
        print(f"\n{title:>16}  cases  right")
        for name, counts in sorted(table.items()):
            print(f"{name:>16}  {counts.total():5}  {counts[True] / counts.total():6.1%}")
    for title, cases_of in sorted(wrong.items()):
        print(f"\n{title}: {len(cases_of)}")
        print("\n".join(f"  {text}" for text in cases_of))
    total = sum(counts[True] for counts in rules.values())
    print(f"\nours: {total / len(cases):.1%} of {len(cases)} right")
    print(
        f"reference: {theirs['right'] / theirs.total():.1%} of {theirs.total()} right, "
        f"{theirs['accepts']} false accepts, {theirs['rejects']} false rejects"
    )


def main() -> None:
    cases = all_cases()
    print_accuracy(cases)
    cold = micros(lambda case: case.judged(), cases, forget_everything)
    warm = micros(lambda case: case.judged(), cases, lambda: None)
    beside = micros(reference, cases, lambda: None)
    print(f"\nµs CPU a judgement: {cold:.0f} the first time, {warm:.0f} with what is kept; reference {beside:.1f}")
    print(f"Python {platform.python_version()}, rapidfuzz {version('rapidfuzz')}, {platform.machine()}")


if __name__ == "__main__":
    main()
