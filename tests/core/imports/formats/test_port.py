import pytest

from core.imports.formats.port import Header, Keys, Outline, Place, assembled, slug, title_of

HEADER = Header(curriculum_id="c", title="Made", source="s", course="k", revision="r")


def test_keys_are_given_once() -> None:
    keys = Keys()
    assert [keys.of(title) for title in ("A b", "a B", "a-b-2", "\u00c9t\u00e9", "\u6f22")] == [
        "a-b",
        "a-b-2",
        "a-b-2-2",
        "ete",
        "topic",
    ]


@pytest.mark.parametrize(
    ("text", "found"), [("  a\n b\x07", "a b"), ("", "else"), ("\x00", "else"), ("x" * 999, "x" * 300)]
)
def test_titles_are_one_line(text: str, found: str) -> None:
    assert title_of(text, "else") == found


def test_slugs_are_plain() -> None:
    assert slug("  Light & Colour! ") == "light-colour"
    assert slug("a" * 99, 10) == "a" * 10


def test_units_hold_the_topics_that_follow_each_other() -> None:
    places = [Place("a", "A", "One"), Place("b", "B", "One"), Place("c", "C"), Place("d", "D", "One")]
    nodes = [(place, {"id": {"value": place.key}}) for place in places]
    made = assembled(Outline("T", places, author="Ada", license="CC0"), nodes, HEADER)
    (root,) = made["content"]
    assert [child["id"]["value"] for child in root["children"]] == ["unit-one", "c", "unit-one-2"]
    assert [child["id"]["value"] for child in root["children"][0]["children"]] == ["a", "b"]
    assert made["rights"] == {"license": {"type": "CC0"}}
    assert made["lifecycle"]["contributors"][0]["name"] == "Ada"
