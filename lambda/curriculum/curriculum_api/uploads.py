"""A curriculum out of a request's body: a document, an archive, or a form with either."""

from typing import Final

from shared.api import Request
from shared.api.multipart import is_form, read_form
from shared.domain.curriculum_upload import Upload, read_upload
from shared.errors import InvalidInput

ACCEPTS: Final = ("application/json", "multipart/form-data", "application/zip")


def uploaded(request: Request) -> Upload:
    """Return what a request brings, not checked yet.

    Raises: InvalidInput: it is no such thing, or a form without a part `file`.
    """
    if not is_form(request.http.headers):
        return read_upload(request.http.body)
    part = read_form(request.http.headers, request.http.body).get("file")
    if part is None:
        raise InvalidInput("file: required", details={"file": "required"})
    return read_upload(part.body)
