"""A tutor without a language model: it answers from the lesson, and only from the lesson.

Pure and deterministic: the same lesson, question and conversation give the same reply. A reply is two to four spoken
sentences and, most of the time, one question that checks what was understood.
"""

import re
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from shared.domain.lesson import Lesson
from shared.domain.passages import Finding, LessonIndex, index, overlap
from shared.domain.stems import STOP_WORDS, content_stems, sentences, stem, tokens
from shared.domain.utterances import FRAMING_WORDS, Intent, intents, without_framing

_DEFINE: Final = re.compile(
    r"(?:what(?:'s| is| are| does| do)|define|what is meant by|meaning of|what do you mean by)\s+"
    r"(?:an?\s+|the\s+|by\s+)?(.+?)"
    r"(?:\s+(?:mean|means|again|exactly|please))*$"
)
# `Can you explain …?` is answered by explaining, not by yes or no.
_YES_OR_NO: Final = re.compile(r"(?!Can you\b)(?:Is|Are|Was|Were|Do|Does|Did|Can|Could|Will|Would|Has|Have)\b")
# A question to read, with answers to pick from that nobody hears.
_MULTIPLE_CHOICE: Final = re.compile(r"\b(?:of these|of the following|below|which statement)\b", re.IGNORECASE)


class Said(msgspec.Struct, frozen=True):
    """One earlier message of the conversation, as it was heard."""

    role: Literal["user", "assistant"]
    text: str


def reply(lesson: Lesson | None, words: str, history: Sequence[Said] = ()) -> str:
    """Return what the tutor says to the learner's words.

    Args:
        lesson: the open topic; None in a free conversation.
        words: the learner's words as heard or typed; a recogniser's mistakes are expected.
        history: the messages before, oldest first.
    """
    if lesson is None or not lesson.passages:
        return (
            "I have no lesson open, and offline I can only answer from a lesson's own material. "
            "Please pick a topic, then ask me about it."
        )
    return _Tutor(lesson, history, without_framing(_plain(words))).reply()


class _Tutor:
    """One reply in the making."""

    def __init__(self, lesson: Lesson, history: Sequence[Said], plain: str) -> None:
        self._lesson = lesson
        self._index: LessonIndex = index(lesson)
        self._mine = [said.text for said in history if said.role == "assistant" and said.text.strip()]
        self._last = self._mine[-1] if self._mine else ""
        self._heard = " ".join(self._mine)
        self._plain = plain
        self._intents = intents(plain)

    def reply(self) -> str:
        """Try, in order: the small change of a conversation, the lesson's own answers, the answer to our question."""
        if not self._plain:
            return f"I did not hear a question. What would you like to know about {self._topic()}?"
        return self._conversation() or self._from_lesson() or self._judged() or self._not_covered()

    # The small change of a conversation.

    def _conversation(self) -> str:
        if Intent.GREETING in self._intents:
            return f"Hello. {self._overview()}"
        if Intent.GOODBYE in self._intents:
            return "Goodbye for now. You can come back to this lesson whenever you like."
        if Intent.ABOUT in self._intents:
            return self._overview()
        if Intent.QUIZ in self._intents:
            return self._check(()) or f"I have asked everything I had. What else about {self._topic()} interests you?"
        if Intent.THANKS in self._intents and not _YES_OR_NO.match(self._asked()):
            question = self._asked() or self._check(())
            return f"Good. {question or f'What else would you like to know about {self._topic()}?'}"
        return self._follow_up() if self._last else ""

    def _follow_up(self) -> str:
        """Answer words that only mean something after what was said last."""
        if Intent.AGAIN in self._intents:
            return "Sure. " + self._last.removeprefix("Sure. ")
        about_something = any(self._index.knows(stem) for stem in content_stems(self._plain))
        if Intent.EXAMPLE in self._intents and not about_something:
            return self._example()
        if Intent.CONFUSED in self._intents and not about_something:
            return self._simpler()
        if Intent.GO_ON in self._intents or Intent.WHY in self._intents:
            return self._further(wants_reason=Intent.WHY in self._intents)
        return ""

    def _further(self, *, wants_reason: bool) -> str:
        """Give a reason for what was said last, or go on in the lesson after it."""
        places = (self._index.where(text) for text in reversed(self._mine))
        place = next((place for place in places if place is not None), None)
        found = self._index.after(*place) if place else self._index.after(0, 0)
        if wants_reason:
            found = self._index.reason(content_stems(self._last), self._heard) or found
        if found is not None:
            return self._spoken(found)
        return f"That was the end of the lesson. {self._check(()) or 'Ask me anything about it.'}"

    def _example(self) -> str:
        """Return sentences of the lesson that show what was said last."""
        best = self._index.showing(content_stems(self._last), self._heard)
        if best is None:
            return self._further(wants_reason=False)
        return "Here is an example from the lesson. " + self._spoken(best)

    def _simpler(self) -> str:
        """Say it again from its words: define what the last answer used, then say its first sentence once more."""
        used = [term for term in self._lesson.glossary if _within(content_stems(term.term), content_stems(self._last))]
        main = next((s for s in sentences(self._last) if not s.endswith("?") and len(s.split()) > 4), "")
        fresh = [term for term in used if term.definition.rstrip(".") not in self._last]
        if not fresh:
            return self._further(wants_reason=False)
        parts = [_definition(term.term, term.definition) for term in fresh[:2]]
        again = [f"So, once more: {main}"] if main else []
        return " ".join(["Let me take it in smaller steps.", *parts, *again])

    # The lesson's own answers.

    def _from_lesson(self) -> str:
        exact = self._index.heading(self._plain)
        if exact is not None:
            return self._spoken(exact, self._plain)
        for known in self._lesson.misconceptions:
            if any(_triggered(trigger, self._plain) for trigger in known.triggers):
                return f"Many people think so, but there is more to it. {known.correction}" + self._tail(
                    known.correction, self._plain
                )
        if self._asked() and Intent.QUESTION not in self._intents:
            return ""  # an answer to our question, which is judged below
        defined = self._defined()
        if defined:
            return defined
        found = self._index.find(self._plain, content_stems(self._last))
        return self._spoken(found, self._plain) if found is not None else ""

    def _defined(self) -> str:
        """Answer `what is a prism` from the glossary, with a sentence of the lesson that uses the word."""
        asked = _DEFINE.search(self._plain)
        if asked is None:
            return ""
        wanted = content_stems(asked.group(1))
        for term in self._lesson.glossary:
            if wanted and sorted(wanted) == sorted(content_stems(term.term)):
                found = self._index.find(term.term)
                more = [
                    s
                    for s in (found.said if found else ())
                    if overlap(content_stems(s), content_stems(term.definition)) < 0.6
                ]
                text = " ".join([_definition(term.term, term.definition), *more[:2]])
                return text + self._tail(text, self._plain)
        return ""

    def _judged(self) -> str:
        """Compare an answer to our last question with what the lesson says about it."""
        question = self._asked()
        if not question or Intent.QUESTION in self._intents:
            return ""
        found = self._index.find(question) or self._index.find(" ".join(content_stems(question)[:4]))
        if found is None:
            return ""
        answer = frozenset(content_stems(self._plain))
        given = answer - frozenset(content_stems(question)) or answer
        expected = frozenset(stem for sentence in found.said for stem in content_stems(sentence))
        share = len(given & expected) / len(given) if given else 0.0
        if _YES_OR_NO.match(question) and not given:
            opening = "Let us see."
        elif Intent.DO_NOT_KNOW in self._intents or not given:
            opening = "No problem, let us look at it together."
        elif share >= 0.5:
            opening = "Yes, that fits."
        else:
            opening = "Not quite. Here is what the lesson says."
        said = " ".join(found.said[:2])
        return f"{opening} {said}" + self._tail(said, question)

    def _not_covered(self) -> str:
        if Intent.DO_NOT_KNOW in self._intents:
            return f"No problem. {self._overview()}"
        telling = [word for word in tokens(self._plain) if word not in STOP_WORDS and word not in FRAMING_WORDS]
        unknown = [word for word in telling if not self._index.knows(stem(word))]
        subject = f"say anything about {unknown[0]}" if len(unknown) == 1 else "cover that"
        return f"The lesson does not {subject}. {self._overview()}"

    # How things are said.

    def _spoken(self, found: Finding, asked: str = "") -> str:
        said = " ".join(found.said)
        return said + self._tail(said, asked)

    def _tail(self, said: str, asked: str) -> str:
        question = self._check((*content_stems(said), *content_stems(asked)), asked=asked)
        return f" {question}" if question else ""

    def _check(self, subject: Sequence[str], *, asked: str = "") -> str:
        """Return the check question closest to the subject, of those not asked before; empty when none is left.

        Never what the learner has just asked: that would hand the question back.
        """
        aims = [_as_question(aim) for aim in self._lesson.objectives]
        fresh = [
            question
            for question in (*self._lesson.checkpoints, *aims)
            if question not in self._heard and not _MULTIPLE_CHOICE.search(question)
            if overlap(content_stems(question), content_stems(asked)) < 0.5
        ]
        wanted = frozenset(subject)

        def closeness(question: str) -> float:
            return sum(self._index.weight(stem) for stem in wanted & set(content_stems(question)))

        best = max(fresh, key=closeness, default="")
        return best if best and (not wanted or closeness(best) > 0) else ""

    def _asked(self) -> str:
        """Return the check question our last message ended with, empty when it ended otherwise."""
        known = (*self._lesson.checkpoints, *(_as_question(aim) for aim in self._lesson.objectives))
        return next((question for question in known if self._last.endswith(question)), "")

    def _topic(self) -> str:
        return self._lesson.topic_title[:1].lower() + self._lesson.topic_title[1:]

    def _overview(self) -> str:
        headings = [passage.heading for passage in self._index.passages if passage.heading][:3]
        examples = f" You can ask, for example: {' '.join(headings)}" if headings else ""
        return f"This lesson is about {self._topic()}.{examples}"


def _plain(words: str) -> str:
    """Return words in lower case without marks, one space between them."""
    return " ".join(re.findall(r"[a-z0-9']+(?:-[a-z0-9']+)*", words.lower().replace("\u2019", "'")))


def _triggered(trigger: str, plain: str) -> bool:
    """Say whether a misconception's trigger was said: its very words, or its telling words one after another."""
    phrase = _plain(trigger)
    if re.search(rf"\b{re.escape(phrase)}\b", plain):
        return True
    telling, said = content_stems(phrase), content_stems(plain)
    return len(telling) >= 2 and any(said[at : at + len(telling)] == telling for at in range(len(said)))


def _within(needed: Sequence[str], present: Sequence[str]) -> bool:
    return bool(needed) and frozenset(needed) <= frozenset(present)


def _definition(term: str, definition: str) -> str:
    """Return a glossary entry as a spoken sentence."""
    first = (
        definition[:1].lower() + definition[1:] if definition[:2].istitle() or definition[1:2] == " " else definition
    )
    name = term[:1].upper() + term[1:]
    return f"{name} means {first.rstrip('.')}."


def _as_question(objective: str) -> str:
    """Return `Explain why X.` as `Can you explain why X?`."""
    return f"Can you {objective[:1].lower()}{objective[1:].rstrip('.')}?"
