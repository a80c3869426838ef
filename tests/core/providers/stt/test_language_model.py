"""The lesson's model is a proper probability model that expects the lesson's words."""

import math

from core.providers.stt.language_model import END, START, arpa, corpus, words

BACKGROUND = {"why": 0.3, "is": 0.3, "sky": 0.1, "cat": 0.3}


def sections(text: str) -> list[dict[tuple[str, ...], tuple[float, float]]]:
    """Return each section of an ARPA file as n-gram to (log probability, log back-off)."""
    found: list[dict[tuple[str, ...], tuple[float, float]]] = []
    for line in text.splitlines():
        parts = line.split()
        if line.endswith("-grams:"):
            found.append({})
        elif found and len(parts) > 1:
            size = len(found)
            back_off = float(parts[size + 1]) if len(parts) > size + 1 else 0.0
            found[-1][tuple(parts[1 : size + 1])] = (float(parts[0]), back_off)
    return found


def probability(model: list[dict[tuple[str, ...], tuple[float, float]]], gram: tuple[str, ...]) -> float:
    """Return P(last | the words before), backing off as a recogniser does."""
    if gram in model[len(gram) - 1]:
        return 10 ** model[len(gram) - 1][gram][0]
    history = gram[:-1]
    back_off = model[len(history) - 1].get(history, (0.0, 0.0))[1]
    return 10**back_off * probability(model, gram[1:])


def test_words_are_spelled_as_the_dictionary_has_them() -> None:
    assert words("Don\u2019t STOP: it's 5 o'clock, Rayleigh-like.") == [
        "don't",
        "stop",
        "it's",
        "o'clock",
        "rayleigh",
        "like",
    ]


def test_every_history_s_probabilities_sum_to_one() -> None:
    model = sections(arpa([["why", "is", "the", "sky", "blue"], ["the", "sky", "is", "blue"]], BACKGROUND))
    vocabulary = [gram[0] for gram in model[0] if gram != (START,)]
    assert {END, "cat", "blue"} <= set(vocabulary)
    for history in [(), ("the",), (START,), ("the", "sky"), ("cat",), ("cat", "sky"), (START, "why")]:
        assert math.isclose(sum(probability(model, (*history, word)) for word in vocabulary), 1, rel_tol=2e-3), history


def test_what_the_lesson_says_is_expected() -> None:
    model = sections(arpa([["the", "sky", "is", "blue"]] * 3, BACKGROUND))
    assert probability(model, ("the", "sky")) > 0.5
    assert probability(model, ("sky", "is", "blue")) > 0.5 > probability(model, ("sky", "is", "cat"))
    assert probability(model, ("cat",)) > 0.1


def test_without_any_sentence_the_background_remains() -> None:
    model = sections(arpa([], BACKGROUND))
    assert probability(model, ("why",)) > probability(model, ("sky",))


def test_a_corpus_holds_clauses_questions_about_terms_and_what_learners_say() -> None:
    found = corpus(["prism", "A prism bends light, and it spreads colors. It is glass."])
    assert ["what", "is", "a", "prism"] in found
    assert ["a", "prism", "bends", "light"] in found
    assert ["a", "prism", "bends", "light", "and", "it", "spreads", "colors"] in found
    assert ["can", "you", "explain", "that", "again", "please"] in found
    assert all(sentence for sentence in corpus(["", "..."]))
