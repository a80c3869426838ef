import pytest

from core.imports.formats.markdown import MOST_BYTES, read_markdown
from core.imports.formats.port import Place
from shared.errors import InvalidInput

BOOK = """---
title: "Light"
author: Ada
subject: physics, optics
---
# Ignored for the title above

Before anything else.

## Rays

About rays.

### Straight ###

They go *straight*, see [here](http://x.example). <b>Always</b>.

```python
# not a heading
```

- first
- second

### Bent
![a prism](prism.png)

Glass
-----

Glass bends.

## Alone

Only text.
"""


def test_headings_are_the_outline() -> None:
    outline = read_markdown(BOOK.encode(), "file").outline
    assert [(place.unit, place.title) for place in outline.places] == [
        ("", "Ignored for the title above"),
        ("Rays", "Rays"),
        ("Rays", "Straight"),
        ("Rays", "Bent"),
        ("", "Glass"),
        ("", "Alone"),
    ]
    assert (outline.title, outline.author, list(outline.subjects)) == ("Light", "Ada", ["physics", "optics"])


def test_a_topic_says_its_words_and_shows_its_code() -> None:
    book = read_markdown(BOOK.encode(), "file")
    node = book.topic(book.outline.places[2]).node
    assert node is not None
    assert [segment["content"] for segment in node["transcript"]["segments"]] == [
        "They go straight, see here. Always.",
        "first. second.",
    ]
    assert node["examples"][0]["content"] == "# not a heading"


def test_a_topic_of_pictures_alone_says_nothing() -> None:
    book = read_markdown(BOOK.encode(), "file")
    draft = book.topic(book.outline.places[3])
    assert (draft.node, draft.pictures) == (None, 1)


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("Just words.", ["file"]),
        ("# One\n\na\n\n# Two\n\nb", ["One", "Two"]),
        ("One\n===\n\na\n\nTwo\n===\n\nb", ["One", "Two"]),
        ("~~~\n# no\n~~~\n\n# Yes\n\na", ["file", "Yes"]),
        ("a line\n# not after text is one too\n\nb", ["file", "not after text is one too"]),
        ("    # code\n\n# Yes\n\na", ["file", "Yes"]),
        ("- item\n---\n\n# Yes", ["file", "Yes"]),
        ("#no heading", ["file"]),
        ("## Same\n\na\n\n## Same\n\nb", ["Same", "Same"]),
    ],
)
def test_what_is_a_heading(text: str, titles: list[str]) -> None:
    places = read_markdown(text.encode(), "file").outline.places
    assert [place.title for place in places] == titles
    assert len({place.key for place in places}) == len(places)


def test_titles_are_plain() -> None:
    (place,) = read_markdown(b"# *Light* and `code` [link](x)\n\nWords.", "file").outline.places
    assert place == Place("light-and-code-link", "Light and code link")


def test_too_much_is_refused() -> None:
    with pytest.raises(InvalidInput):
        read_markdown(b"a" * (MOST_BYTES + 1), "file")
