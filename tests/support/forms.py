"""Forms with files, as browsers send them."""

import json
from typing import cast

BOUNDARY = "----boundary-4711"
FORM = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}


def a_form(**fields: tuple[str, bytes] | object) -> bytes:
    """Return a form's body: a name with bytes is a file, everything else is written as JSON."""
    parts: list[bytes] = []
    for name, value in fields.items():
        if isinstance(value, tuple):
            file_name, body = cast("tuple[str, bytes]", value)
            head = f'Content-Disposition: form-data; name="{name}"; filename="{file_name}"\r\n'
            head += "Content-Type: application/octet-stream"
        else:
            head, body = f'Content-Disposition: form-data; name="{name}"', json.dumps(value).encode()
        parts.append(b"--" + BOUNDARY.encode() + b"\r\n" + head.encode() + b"\r\n\r\n" + body + b"\r\n")
    return b"".join(parts) + b"--" + BOUNDARY.encode() + b"--\r\n"
