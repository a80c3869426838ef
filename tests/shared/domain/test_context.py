"""What a tutor keeps in view."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.buffers import tokens
from shared.domain.context import Context, Message, Place, Signals, Situation, build_context
from shared.domain.lesson import GlossaryTerm, Lesson, Misconception
from shared.domain.tiers import TIERS, Tier, tier_of

CLOUD, TINY = tier_of(200_000), tier_of(1)
LESSON = Lesson(
    curriculum_title="Light",
    topic_title="Rainbows",
    passages=("Sunlight holds every colour.", "A raindrop bends it.", "Each colour bends by its own angle."),
    objectives=("Say why a rainbow is round",),
    glossary=tuple(GlossaryTerm(f"term{n}", f"meaning {n}") for n in range(8)),
    misconceptions=tuple(Misconception((f"wrong {n}",), f"Mistake {n}.", f"Truth {n}.") for n in range(5)),
)
TALK = (
    Message("user", "What is light?"),
    Message("assistant", "Light is what we see by."),
    Message("user", "And colour?"),
    Message("assistant", "Colour is a part of light."),
)


def build(words: str = "", *, tier: Tier = CLOUD, **situation: object) -> Context:
    return build_context(LESSON, TALK, tier=tier, words=words, situation=Situation(**situation))  # type: ignore[arg-type]


def test_a_free_conversation_needs_nothing() -> None:
    assert build_context(None, (), tier=CLOUD) == Context("", "", "", "", "", (), 0)


def test_messages_are_the_system_message_the_kept_turns_and_the_words() -> None:
    context = build_context(LESSON, TALK, tier=CLOUD, words="Why?", instructions="Speak briefly.")
    assert [message.role for message in context.messages] == [
        "system",
        "user",
        "assistant",
        "user",
        "assistant",
        "user",
    ]
    assert context.messages[0].content == context.system_message
    assert context.system_message.startswith("Speak briefly.\n\n")
    assert context.messages[1:-1] == TALK
    assert context.messages[-1] == Message("user", "Why?")


def test_the_system_message_holds_the_buffers_but_not_the_turns_that_follow_it() -> None:
    context = build()
    for buffer in (context.working, context.episodic, context.semantic):
        assert buffer in context.system_message
    assert "Tutor: Colour is a part of light." in context.immediate
    assert "Tutor: Colour is a part of light." not in context.system_message
    assert context.system_message.startswith(context.immediate.split("\n\nSaid last:")[0])


def test_the_barge_in_comes_first() -> None:
    context = build(barge_in="Stop, why is that?")
    assert context.immediate.startswith("The learner interrupted you and said: Stop, why is that?")
    assert context.system_message.startswith("The learner interrupted you")


def test_the_present_passage_comes_with_its_neighbours() -> None:
    immediate = build(position=1).immediate
    assert "Being taught now:\nA raindrop bends it." in immediate
    assert "Just before it:\nSunlight holds every colour." in immediate
    assert "Coming next:\nEach colour bends by its own angle." in immediate


@pytest.mark.parametrize("position", [2, 3, 99])
def test_a_position_past_the_end_is_the_last_passage(position: int) -> None:
    immediate = build(position=position).immediate
    assert "Being taught now:\nEach colour bends by its own angle." in immediate
    assert "Coming next" not in immediate


def test_the_working_buffer_holds_the_lesson() -> None:
    working = build().working
    assert working.startswith("Topic: Rainbows\n\nThe learner will be able to:\n- Say why a rainbow is round")
    assert all(passage in working for passage in LESSON.passages)


def test_five_terms_and_three_misconceptions_at_most() -> None:
    working = build().working
    assert working.count("meaning") == 5
    assert working.count("Mistake ") == 3


def test_what_was_just_said_chooses_terms_and_misconceptions() -> None:
    working = build("Is it Wrong 4 that TERM7 exists?").working
    assert "- term7: meaning 7" in working
    assert "- Mistake 4. In truth: Truth 4." in working


def test_the_episodic_buffer_remembers() -> None:
    episodic = build(elapsed_s=750, covered=tuple("abcdefg"), signals=Signals(clarifications=2, confusions=1)).episodic
    assert "The session has lasted 12 min." in episodic
    assert "- asked to explain: 2\n- was confused: 1" in episodic
    assert "Topics covered before:\n- c\n- d\n- e\n- f\n- g" in episodic
    assert "The learner's last questions:\n- What is light?\n- And colour?" in episodic


def test_the_semantic_buffer_says_where_the_topic_stands() -> None:
    place = Place(index=4, total=9, outline=tuple("abcdefghi"), unit_title="Optics")
    semantic = build(place=place).semantic
    assert "Curriculum: Light\n\nUnit: Optics\n\nThis is topic 5 of 9." in semantic
    assert "What came before:\n- b\n- c\n- d\n\nWhat comes next:\n- f\n- g\n- h" in semantic


@pytest.mark.parametrize("tier", TIERS, ids=lambda tier: tier.name)
def test_no_more_turns_than_the_tier_keeps(tier: Tier) -> None:
    talk = [Message("user", f"turn {n}") for n in range(30)]
    context = build_context(None, talk, tier=tier)
    assert [m.content for m in context.messages if m.role == "user"] == [
        f"turn {n}" for n in range(30 - tier.turns, 30)
    ]


def test_long_turns_leave_room_and_the_newest_stay() -> None:
    talk = [Message("user", f"{n} " + "word " * 300) for n in range(4)]
    kept = [m for m in build_context(LESSON, talk, tier=TINY).messages if m.role == "user"]
    assert [m.content.split()[0] for m in kept] == ["3"]


def test_turns_without_words_are_left_out() -> None:
    context = build_context(None, [Message("assistant", "  "), Message("user", "Hm")], tier=CLOUD)
    assert [m.content for m in context.messages if m.role != "system"] == ["Hm"]


TEXTS = st.text(max_size=3000)
MANY = st.lists(TEXTS, max_size=6).map(tuple)
LESSONS = st.builds(
    Lesson,
    curriculum_title=TEXTS,
    topic_title=TEXTS,
    passages=MANY,
    objectives=MANY,
    glossary=st.lists(st.builds(GlossaryTerm, TEXTS, TEXTS), max_size=7).map(tuple),
    misconceptions=st.lists(st.builds(Misconception, MANY, TEXTS, TEXTS), max_size=4).map(tuple),
)


@settings(max_examples=60)
@given(
    lesson=st.none() | LESSONS,
    talk=st.lists(st.builds(Message, st.sampled_from(["user", "assistant"]), TEXTS), max_size=25),
    tier=st.sampled_from(TIERS),
    barge_in=TEXTS,
    position=st.integers(0, 9),
    outline=MANY,
)
def test_no_buffer_exceeds_its_budget(
    lesson: Lesson | None, talk: list[Message], tier: Tier, barge_in: str, position: int, outline: tuple[str, ...]
) -> None:
    place = Place(index=position, total=len(outline), outline=outline)
    situation = Situation(barge_in=barge_in, position=position, elapsed_s=999, place=place)
    context = build_context(lesson, talk, tier=tier, situation=situation)
    for text, budget in (
        (context.immediate, tier.immediate),
        (context.working, tier.working),
        (context.episodic, tier.episodic),
        (context.semantic, tier.semantic),
    ):
        assert tokens(text) <= budget
    assert context.total_tokens <= tier.total


def test_the_same_input_gives_the_same_context() -> None:
    assert build("Why?", position=1) == build("Why?", position=1)
    assert build("Why?", position=1) != build("Why?", position=2)


def test_what_was_just_asked_and_what_other_topics_say_are_in_view() -> None:
    context = build(checkpoint="Why is it round?", related=("Mirrors: A mirror turns light.",))
    assert context.immediate.startswith("You asked the learner: Why is it round?")
    assert "From other topics of this curriculum:\nMirrors: A mirror turns light." in context.working


def test_a_passage_the_client_tells_is_the_one_being_taught() -> None:
    immediate = build(segment="Told by the client.").immediate
    assert "Being taught now:\nTold by the client." in immediate
    assert LESSON.passages[0] not in immediate
