import pytest

from core.imports.formats.page_text import LONGEST_SEGMENT, Block, read_page, topic_node


@pytest.mark.parametrize(
    ("html", "blocks"),
    [
        ("<p>One</p><p>Two &amp; three</p>", [("text", "One"), ("text", "Two & three")]),
        ("<p>a<br>b <i>c</i></p>", [("text", "a b c")]),
        ("<h2>Head</h2>words", [("heading", "Head"), ("text", "words")]),
        ("<ul><li>a<li>b</ul>", [("item", "a"), ("item", "b")]),
        ("<table><tr><td>a</td><td>b</td></tr></table>", [("row", "a, b")]),
        ("<pre>x = 1\n  y</pre>", [("code", "x = 1\n  y")]),
        ("<pre><code>a<b>\n</code></pre>after", [("code", "a"), ("text", "after")]),
        ("<script>alert('a')</script><style>b</style>c", [("text", "c")]),
        ("<nav><ul><li>menu</li></ul></nav><p>text</p>", [("text", "text")]),
        ("<script/><p>kept in XHTML</p>", [("text", "kept in XHTML")]),
        ("<p>unclosed <b>bold <p>next", [("text", "unclosed bold"), ("text", "next")]),
        ("</p></div>stray", [("text", "stray")]),
        ("<p>a&#0;b</p>", [("text", "a\ufffdb")]),
        ('<math alttext="x squared"><mi>x</mi></math>', [("text", "x squaredx")]),
        ("", []),
    ],
)
def test_what_a_page_says(html: str, blocks: list[tuple[str, str]]) -> None:
    assert [(block.kind, block.text) for block in read_page(html).blocks] == blocks


def test_nesting_without_end_is_no_trouble() -> None:
    page = read_page("<div>" * 200_000 + "deep" + "<ul>" * 1_000)
    assert page.blocks == [Block("text", "deep")]


def test_long_text_is_cut_where_it_can_be_spoken() -> None:
    sentence = "This sentence is said again and again. "
    node = topic_node("k", "T", read_page(f"<p>{sentence * 200}</p>")).node
    assert node is not None
    contents = [segment["content"] for segment in node["transcript"]["segments"]]
    assert max(map(len, contents)) <= LONGEST_SEGMENT
    assert " ".join(contents) == (sentence * 200).strip()


def test_a_heading_that_repeats_the_title_is_not_said_twice() -> None:
    node = topic_node("k", "Rays", read_page("<h1>Rays</h1><p>Words.</p><h2>More</h2><img><p>End.</p>")).node
    assert node is not None
    said = [(segment["type"], segment["content"]) for segment in node["transcript"]["segments"]]
    assert said == [("lecture", "Words."), ("transition", "More."), ("lecture", "End.")]
