"""Tables that spreadsheets read and do not run."""

from shared.api.csv import csv_reply


def test_a_table_is_quoted_and_harmless() -> None:
    reply = csv_reply(["name", "n"], [['a "b", c', 1], ["=HYPERLINK()", -2], ["@x", 0]], "t.csv")
    assert isinstance(reply.body, bytes)
    assert reply.body.decode() == 'name,n\r\n"a ""b"", c",1\r\n\'=HYPERLINK(),-2\r\n\'@x,0\r\n'
    assert reply.headers["Content-Disposition"] == 'attachment; filename="t.csv"'
