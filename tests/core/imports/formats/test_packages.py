import os

import pytest

from core.imports.formats.packages import MOST_PART, Package, beside, parse_xml
from shared.errors import InvalidInput
from tests.support.books import zipped


@pytest.mark.parametrize(
    ("path", "reference", "found"),
    [
        ("OEBPS/book.opf", "text/a.xhtml#top", "OEBPS/text/a.xhtml"),
        ("OEBPS/book.opf", "../a%20b.html", "a b.html"),
        ("a.opf", "../../../etc/passwd", "etc/passwd"),
        ("x/a.opf", "/top.html", "top.html"),
        ("x/a.opf", "./b.html?c=d", "x/b.html"),
    ],
)
def test_references_stay_inside(path: str, reference: str, found: str) -> None:
    assert beside(path, reference) == found


def test_a_part_is_small_and_there() -> None:
    package = Package(zipped({"a": "x", "noise": os.urandom(MOST_PART + 1)}))
    assert package.read("a") == b"x"
    for path in ("noise", "gone"):
        with pytest.raises(InvalidInput):
            package.read(path)


def test_deep_xml_is_read_or_refused() -> None:
    deep = b"<a>" * 100_000 + b"</a>" * 100_000
    assert parse_xml(deep, "x").tag == "a"
