"""`./unamentis prices` adds to an installation's price book."""

from pathlib import Path

import msgspec
import psycopg

from tests.shared.domain.test_prices import LIST
from tests.support.installation import run


def test_prices_are_added_once(tmp_path: Path, database_url: str) -> None:
    file = tmp_path / "prices.json"
    file.write_bytes(msgspec.json.encode(LIST))
    first = run("prices", file, "--data-dir", tmp_path / "data", "--database-url", database_url)
    assert (first.returncode, first.stdout) == (0, "1 new prices from 2026-12-01, 0 known already\n")
    again = run("prices", file, "--data-dir", tmp_path / "data", "--database-url", database_url)
    assert again.stdout == "0 new prices from 2026-12-01, 1 known already\n"
    with psycopg.connect(database_url) as connection:
        found = connection.execute("SELECT micro_usd, source FROM price_book WHERE model = 'whisper-*'").fetchall()
    assert found == [(40_000, "groq.com/pricing, 2026-11-21")]


def test_an_embedded_database_is_started_for_it(tmp_path: Path) -> None:
    file = tmp_path / "prices.json"
    file.write_bytes(msgspec.json.encode(LIST))
    done = run("prices", file, "--data-dir", tmp_path / "data")
    assert done.stdout == "1 new prices from 2026-12-01, 0 known already\n"


def test_a_missing_or_malformed_file_is_one_line(tmp_path: Path) -> None:
    missing = run("prices", tmp_path / "none.json", "--data-dir", tmp_path / "data")
    assert missing.returncode == 1
    assert "none.json cannot be read: No such file" in missing.stderr
    file = tmp_path / "prices.json"
    file.write_text("[]", encoding="utf-8")
    malformed = run("prices", file, "--data-dir", tmp_path / "data")
    assert malformed.returncode == 1
    assert "this is no price list" in malformed.stderr
    assert not (tmp_path / "data").exists()
