"""Text that must fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.buffers import Buffer, shorten, tokens


@pytest.mark.parametrize(("text", "count"), [("", 0), ("a", 1), ("abcd", 1), ("abcde", 2)])
def test_four_characters_are_a_token(text: str, count: int) -> None:
    assert tokens(text) == count


@pytest.mark.parametrize(
    ("text", "chars", "kept"),
    [
        ("Short.", 6, "Short."),
        ("One. Two. Three.", 11, "One. Two."),
        ("One. Two. Three.", 15, "One. Two."),
        ("A very long sentence without an end", 12, "A very…"),
        ('He said "no." Then he left the room.', 20, 'He said "no."'),
        ("Word", 3, ""),
        ("Word", 0, ""),
        ("Word", -5, ""),
        ("It costs 3.50 today, not 4.", 16, "It costs 3.50…"),
    ],
)
def test_a_text_is_cut_after_a_sentence_or_a_word(text: str, chars: int, kept: str) -> None:
    assert shorten(text, chars) == kept


@given(st.text(), st.integers(-3, 60))
def test_a_shortened_text_never_exceeds_its_room(text: str, chars: int) -> None:
    assert len(shorten(text, chars)) <= max(0, chars)


@given(st.integers(0, 60), st.lists(st.tuples(st.text(max_size=200), st.floats(0, 1)), max_size=6))
def test_a_buffer_never_exceeds_its_budget(budget: int, parts: list[tuple[str, float]]) -> None:
    buffer = Buffer(budget)
    for text, share in parts:
        buffer.add(text, share=share)
        buffer.add_list("Heading:", [text, text])
    assert tokens(buffer.text) <= budget


def test_earlier_parts_come_first_and_tell_whether_they_fit() -> None:
    buffer = Buffer(5)
    assert buffer.add("  One two.  ")
    assert buffer.add("")
    assert not buffer.add("Three four five.")
    assert buffer.text == "One two.\n\nThree…"


def test_a_share_leaves_room_for_the_next() -> None:
    buffer = Buffer(10)
    assert not buffer.add("Ten letter words galore and more of them", share=0.5)
    assert buffer.add("Next one.")
    assert buffer.text == "Ten letter words…\n\nNext one."


def test_a_list_holds_whole_items_only() -> None:
    buffer = Buffer(8)
    buffer.add_list("List:", ["first", "second", "a third that is too long"])
    assert buffer.text == "List:\n- first\n- second"


def test_a_list_without_room_for_an_item_is_left_out() -> None:
    buffer = Buffer(3)
    buffer.add_list("List:", ["much too long"])
    buffer.add_list("List:", [])
    assert buffer.text == ""
