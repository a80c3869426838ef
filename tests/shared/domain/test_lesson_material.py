"""From a topic to the Lesson a tutor works with."""

from shared.domain.curriculum import Topic
from shared.domain.lesson import GlossaryTerm, Misconception, Stop
from shared.domain.lesson_material import lesson_of


def test_a_lesson_holds_what_the_topic_says() -> None:
    topic = Topic(
        id="sky",
        title="The sky",
        segments=[
            {"id": "1", "content": "Blue light scatters.", "checkpoint": {"prompt": "Which colour scatters?"}},
            {"id": "2", "content": "  "},
            {"id": "3", "content": "Sunsets are red."},
        ],
        objectives=[{"statement": "Explain the sky"}],
        misconceptions=[
            {"triggerPhrases": ["the sea"], "misconception": "It mirrors the sea.", "correction": "It does not."},
            {"trigger": "blue air", "misconception": "Air is blue.", "correction": "It is clear."},
        ],
        assessments=[{"prompt": "Why is it blue?"}, {"prompt": "Which colour scatters?"}],
    )
    lesson = lesson_of("Light", topic, [])
    assert (lesson.curriculum_title, lesson.topic_title) == ("Light", "The sky")
    assert lesson.passages == ("Blue light scatters.", "Sunsets are red.")
    assert lesson.objectives == ("Explain the sky",)
    assert lesson.checkpoints == ("Which colour scatters?", "Why is it blue?")
    assert lesson.misconceptions == (
        Misconception(("the sea",), "It mirrors the sea.", "It does not."),
        Misconception(("blue air",), "Air is blue.", "It is clear."),
    )


def test_the_terms_of_the_topic_come_first() -> None:
    glossary = [
        {"term": "lens", "definition": "bends"},
        {"term": "Scattering", "definition": "spreads"},
        {"id": "t-wave", "term": "wavelength", "definition": "crest to crest"},
        {"term": "c++ (odd)", "definition": "not a pattern"},
    ]
    segments = [{"content": "Light is scattering, not to be sc\u0430ttered.", "glossaryRefs": ["t-wave"]}]
    lesson = lesson_of("Light", Topic(id="sky", title="Sky", segments=segments), glossary)
    assert [term.term for term in lesson.glossary] == ["Scattering", "wavelength", "lens", "c++ (odd)"]
    assert lesson.glossary[0] == GlossaryTerm("Scattering", "spreads")


def test_checkpoints_and_stopping_points_come_after_the_passage_they_belong_to() -> None:
    segments = [
        {"content": " ", "stoppingPoint": {"type": "natural"}},
        {"content": "One.", "checkpoint": {"type": "teachback", "prompt": "What is one?"}},
        {"content": "Two.", "checkpoint": {"type": "simple_confirmation"}, "stoppingPoint": {"type": "mandatory"}},
        {"content": "", "stoppingPoint": {"type": "optional", "promptForContinue": "Shall we?"}},
        {"content": "Three.", "stoppingPoint": {"type": "natural", "prompt": "Enough?"}},
    ]
    assert lesson_of("Light", Topic(id="sky", title="Sky", segments=segments), []).stops == (
        Stop(0, "checkpoint", "What is one?"),
        Stop(1, "mandatory"),
        Stop(1, "optional", "Shall we?"),
        Stop(2, "natural", "Enough?"),
    )
