"""What the machine room tells the person at the terminal when it cannot go on."""


class LocalError(Exception):
    """One line: what is wrong, and what to do about it."""
