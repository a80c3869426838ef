"""Which picture files are taken."""

import pytest

from shared.domain.pictures import MOST_BYTES, picture_problem, picture_type
from tests.support.content import CONTENT
from tests.support.umcf import PICTURE

SVG = b'<svg xmlns="http://www.w3.org/2000/svg">%s</svg>'


def test_the_drawings_of_the_sample_curricula_are_good() -> None:
    for path in (CONTENT / "curricula" / "assets").iterdir():
        assert picture_problem(path.name, path.read_bytes()) is None


def test_types_by_name() -> None:
    assert [picture_type(name) for name in ("a.svg", "a.PNG", "a.jpeg")] == ["image/svg+xml", "image/png", "image/jpeg"]


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.html", b"<html>"),
        ("svg", PICTURE),
        (".svg", PICTURE),
        ("../a.svg", PICTURE),
        ("a b.svg", PICTURE),
        ("a.png", PICTURE),
        ("a.svg", b"<html><svg/></html>"),
        ("a.svg", PICTURE + b" " * MOST_BYTES),
        ("a.svg", SVG % b"<script>alert(1)</script>"),
        ("a.svg", SVG % b"<svg:script/>"),
        ("a.svg", SVG % b'<rect onclick="x()"/>'),
        ("a.svg", SVG % b"<foreignObject/>"),
        ("a.svg", SVG % b'<a href="javascript:x()"/>'),
        ("a.svg", SVG % b'<image href="https://elsewhere.example/x.png"/>'),
        ("a.svg", b'<!DOCTYPE svg [<!ENTITY a "b">]><svg/>'),
    ],
)
def test_what_is_not_a_harmless_picture_is_refused(name: str, body: bytes) -> None:
    assert picture_problem(name, body)


@pytest.mark.parametrize("start", [b"", b"<svg href=", b'<svg src="', b"<svg on", b"<svg><", b"<svg javascript"])
def test_a_file_of_white_space_is_judged_at_once(start: bytes) -> None:
    picture_problem("a.svg", start + b" " * (MOST_BYTES - 100))  # hours, were it quadratic


def test_a_drawing_may_refer_to_its_own_parts() -> None:
    assert picture_problem("a.svg", SVG % b'<defs><g id="x"/></defs><use href="#x"/>') is None
