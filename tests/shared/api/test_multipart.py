"""Forms with files."""

import pytest

from shared.api.multipart import MOST_PARTS, is_form, read_form
from shared.errors import InvalidInput
from tests.support.forms import BOUNDARY, FORM, a_form


def test_fields_and_files_come_back_as_they_were() -> None:
    body = b"\r\n--" + BOUNDARY[:-1].encode() + b"\r\n\x00\xff--"  # nearly the boundary
    form = read_form(FORM, a_form(file=("Mein Bild.png", body), metadata={"alt": "ä"}))
    assert (form["file"].file_name, form["file"].body) == ("Mein Bild.png", body)
    assert form["file"].content_type == "application/octet-stream"
    assert (form["metadata"].file_name, form["metadata"].body) == (None, b'{"alt": "\\u00e4"}')


def test_quotes_in_names_are_read() -> None:
    body = a_form(file=("X", b"1")).replace(b'filename="X"', rb'filename="a\"b.png"')
    assert read_form(FORM, body)["file"].file_name == 'a"b.png'


def test_a_boundary_may_be_quoted_and_a_preamble_stand_before_it() -> None:
    headers = {"content-type": f'Multipart/Form-Data; charset=utf-8; boundary="{BOUNDARY}"'}
    assert is_form(headers)
    assert read_form(headers, b"preamble\r\n" + a_form(a=("n", b"1")))["a"].body == b"1"
    assert not is_form({"content-type": "application/json"})
    assert not is_form({})


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"content-type": "multipart/form-data"}, a_form(a=("n", b"1"))),
        ({"content-type": f"multipart/form-data; boundary={'x' * 71}"}, a_form(a=("n", b"1"))),
        (FORM, b""),
        (FORM, b"no form at all"),
        (FORM, a_form(a=("n", b"1"))[:-10]),
        (FORM, a_form(a=("n", b"1")).replace(b'name="a"; ', b"")),
        (FORM, a_form(a=("n", b"1")).replace(b"\r\n\r\n", b"\r\n")),
        (FORM, a_form(**{f"f{at}": 1 for at in range(MOST_PARTS + 1)})),
        (FORM, a_form(a=("n", b"1")).replace(b'name="a"', b'name="' + b"a" * 5_000 + b'"')),
    ],
)
def test_what_is_no_form_is_refused(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_form(headers, body)
    assert caught.value.error_code == "invalid_form"


def test_a_field_given_twice_is_refused_by_name() -> None:
    one = a_form(a=("n", b"1"))
    closing = f"--{BOUNDARY}--\r\n".encode()
    with pytest.raises(InvalidInput, match="a: given more than once"):
        read_form(FORM, one.removesuffix(closing) + one)
