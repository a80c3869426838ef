"""How a function starts: everything it will answer with is imported, and then it waits for requests."""

import gc
import os
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.api import Service


def service_of(module: str) -> "Service":
    """Return the service with the `routes` of a module, working with what the environment names.

    What imports make stays, so nobody looks for garbage among it, neither meanwhile (a twentieth of the whole start)
    nor later. Hence nothing but this module may be imported before.

    Raises: InvalidInput: a setting is missing or malformed.
    """
    gc.disable()
    try:
        # First, because it imports deepest: below yet more imports, its frames would lie across the end of a chunk of
        # the interpreter's stack, and every call there would map and unmap memory.
        import_module("shared.db")
        from shared.api import Context, Service
        from shared.config import read_settings

        return Service(import_module(module).routes, Context.of(read_settings(os.environ)))
    finally:
        gc.freeze()
        gc.enable()
