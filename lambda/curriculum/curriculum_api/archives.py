"""A curriculum and its pictures in one `.umcf` archive."""

import io
from collections.abc import Mapping
from typing import Any

import msgspec


def packed(document: Mapping[str, Any], files: Mapping[str, bytes]) -> bytes:
    """Return an archive that can be uploaded again: the document, and its files under assets/."""
    from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo  # what it brings in would slow down every start

    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        # Dates of their own would make two archives of the same curriculum differ.
        archive.writestr(ZipInfo("curriculum.json"), msgspec.json.encode(document), ZIP_DEFLATED)
        for name, body in sorted(files.items()):
            archive.writestr(ZipInfo(f"assets/{name}"), body, ZIP_STORED)
    return out.getvalue()
