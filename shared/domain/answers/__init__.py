"""Judging answers: whether what a learner said is what a question asks for, which rule decided, and why. Pure.

    verdict = judge("Tchaikovski", Expected("Pyotr Ilyich Tchaikovsky", answer_type="person"), Strictness.STANDARD)

`judging` has the rules and their order, `answer_lines` the notation of quiz packets, `forms` what two texts must agree
in to be the same answer. docs/reference/answers.md explains them to readers.
"""

from shared.domain.answers.judging import Expected, Judgement, judge
from shared.domain.answers.strictness import Strictness, strictness_of

__all__ = ["Expected", "Judgement", "Strictness", "judge", "strictness_of"]
