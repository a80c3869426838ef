"""Which picture files are taken."""

import io

import pytest
from PIL import Image

from shared.domain.pictures import MOST_BYTES, picture_problem, picture_type, plain_picture, read_picture
from shared.errors import InvalidInput
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


def pixels(mode: str, kind: str, size: tuple[int, int] = (500, 400)) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size).save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("RGB", "JPEG"), ("CMYK", "JPEG"), ("P", "GIF"), ("RGBA", "PNG"), ("I;16", "PNG"), ("RGB", "WEBP")],
)
def test_a_picture_of_pixels_is_measured_and_gets_a_thumbnail(mode: str, kind: str) -> None:
    picture = read_picture(f"p.{kind.lower()}", pixels(mode, kind))
    assert (picture.width, picture.height) == (500, 400)
    assert picture.thumbnail is not None
    with Image.open(io.BytesIO(picture.thumbnail)) as small:
        assert (small.format, small.size) == ("WEBP", (320, 256))


def test_small_pictures_and_drawings_are_their_own_thumbnails() -> None:
    small = read_picture("p.png", pixels("RGB", "PNG", (320, 10)))
    assert (small.width, small.thumbnail) == (320, None)
    assert read_picture("p.svg", PICTURE) == plain_picture("p.svg", PICTURE)


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        ("p.png", b"\x89PNG\r\n\x1a\nnothing", "can be opened"),
        ("p.png", pixels("RGB", "PNG")[:60], "can be opened"),
        ("p.png", pixels("1", "PNG", (5000, 4000)), "at most 16000000 pixels"),
        ("p.svg", b"<svg><script/></svg>", "without scripts"),
    ],
)
def test_what_cannot_be_shown_is_refused_by_name(name: str, body: bytes, expected: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_picture(name, body)
    assert expected in caught.value.details[f"files/{name}"]
