"""Adds a price list to an installation's price book."""

import contextlib
import sys
from collections.abc import Generator
from pathlib import Path

from infra.local.errors import LocalError
from infra.local.state import DataFolder
from infra.local.up import Start, database, only_server
from shared.db.price_book import add_prices
from shared.db.runner import migrate
from shared.domain.prices import read_price_list


def add(file: Path, data_dir: Path, database_url: str | None) -> int:
    """Add the prices of a file and say how many are new; return the exit status.

    Args:
        database_url: of the database's owner; without it, the embedded database, which must not be in use.
    Raises: LocalError: the file cannot be read, or the database is in use. InvalidInput: it is no price list.
        Conflict: a price would be changed.
    """
    try:
        text = file.read_bytes()
    except OSError as error:
        raise LocalError(f"{file} cannot be read: {error.strerror}") from error
    prices = read_price_list(text)
    with owner(data_dir, database_url) as owner_url:
        migrate(owner_url)
        added = add_prices(owner_url, prices)
    print(f"{added} new prices from {prices.effective_from}, {len(prices.prices) - added} known already")
    return 0


@contextlib.contextmanager
def owner(data_dir: Path, database_url: str | None) -> Generator[str]:
    """Provide the owner's URL, and keep others out of an embedded database meanwhile."""
    start, folder = Start(port=0, data_dir=data_dir, database_url=database_url), DataFolder(data_dir)
    with contextlib.ExitStack() as stack:
        if not database_url:
            folder.make()
            stack.enter_context(only_server(folder))
        yield stack.enter_context(database(start, folder, sys.stderr))
