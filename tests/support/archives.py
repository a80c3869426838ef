"""Zip archives, good and bad, and pictures to put into them."""

import io
import zipfile
from collections.abc import Mapping

from PIL import Image


def a_zip(entries: Mapping[str, bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return an archive with these entries."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, body in entries.items():
            archive.writestr(zipfile.ZipInfo(name), body, compression)
    return out.getvalue()


def a_link(name: str, target: str) -> bytes:
    """Return an archive that holds a symbolic link."""
    out = io.BytesIO()
    entry = zipfile.ZipInfo(name)
    entry.create_system = 3
    entry.external_attr = 0o120777 << 16
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(entry, target)
    return out.getvalue()


def a_photo(width: int = 900, height: int = 600) -> bytes:
    """Return a JPEG that takes more than 32 KB."""
    out = io.BytesIO()
    Image.effect_noise((width, height), 60).convert("RGB").save(out, "JPEG", quality=60)
    return out.getvalue()
