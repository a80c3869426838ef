"""Who may read answers in a browser."""

from shared.api.cors import cors_headers, preflight


def test_without_an_origin_nothing_is_said() -> None:
    assert cors_headers(("*",), "") == {}


def test_everybody_may_read_where_everybody_is_allowed() -> None:
    assert cors_headers(("*",), "https://a.example")["Access-Control-Allow-Origin"] == "*"


def test_only_the_listed_may_read_where_there_is_a_list() -> None:
    allowed = ("https://a.example", "https://b.example")
    assert cors_headers(allowed, "https://b.example")["Access-Control-Allow-Origin"] == "https://b.example"
    assert cors_headers(allowed, "https://c.example") == {"Vary": "Origin"}
    assert "Access-Control-Allow-Origin" not in preflight(allowed, "https://a.example.evil")["headers"]
