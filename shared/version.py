"""The release this code belongs to."""

from typing import Final

VERSION: Final = "0.1.0"
