"""Questions of a quiz in QTI 1.2 as assessments. Pure.

Source: IMS QTI 1.2, "ASI Information Model", as far as Common Cartridge uses it: single and multiple choice, true or
false, and short answers.
"""

from typing import Any
from xml.etree.ElementTree import Element

from core.imports.formats.packages import children, local, within
from core.imports.formats.page_text import read_page
from core.imports.formats.port import Node

_MOST_QUESTIONS = 500
_MOST_CHOICES = 50


def quiz_node(key: str, title: str, root: Element) -> Node | None:
    """Return a topic of a quiz's questions; None where it has none that can be asked."""
    questions = [_question(at, item) for at, item in enumerate(within(root, "item"), 1)][:_MOST_QUESTIONS]
    asked = [question for question in questions if question is not None]
    if not asked:
        return None
    return {"id": {"value": key}, "title": title, "type": "topic", "assessments": asked}


def _question(at: int, item: Element) -> dict[str, Any] | None:
    presentation = next(within(item, "presentation"), None)
    prompt = "" if presentation is None else _words(presentation)
    if presentation is None or not prompt:
        return None
    right = _right_answers(item)
    labels = list(within(presentation, "response_label"))[:_MOST_CHOICES]
    question: dict[str, Any] = {"id": f"question-{at}", "type": "short_answer", "prompt": prompt[:10_000]}
    if labels:
        question["type"] = "multiple_choice"
        question["choices"] = [_choice(number, label, right) for number, label in enumerate(labels, 1)]
        answer = "; ".join(choice["text"] for choice in question["choices"] if choice["correct"])
    else:
        answer = right[0] if right else ""
    return question | ({"correctResponse": answer} if answer else {})


def _choice(at: int, label: Element, right: list[str]) -> dict[str, Any]:
    return {"id": f"choice-{at}", "text": _words(label), "correct": str(label.get("ident")) in right}


def _words(element: Element) -> str:
    """Return the text of the first material that is not inside an answer."""
    for material in within(element, "mattext"):
        page = read_page("".join(material.itertext()))
        if words := " ".join(block.text for block in page.blocks):
            return words
    return ""


def _right_answers(item: Element) -> list[str]:
    """Return what is compared with where a full score is set: choices' names, or the words of an answer."""
    found: list[str] = []
    for condition in within(item, "respcondition"):
        scores = [_number("".join(score.itertext())) for score in children(condition, "setvar")]
        if any(score > 0 for score in scores):
            inverted = {equal for negation in within(condition, "not") for equal in within(negation, "varequal")}
            found += [
                "".join(equal.itertext()).strip()
                for equal in condition.iter()
                if local(equal) == "varequal" and equal not in inverted
            ]
    return found


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
