"""A curriculum out of a request's body: a document, an archive, or a form with either."""

from collections.abc import Mapping
from typing import Any, Final, cast

from shared.api import Request
from shared.api.multipart import is_form, read_form
from shared.domain.curriculum_files import local_files
from shared.domain.curriculum_upload import Upload, read_upload
from shared.domain.json_values import record_of
from shared.domain.pictures import Picture, read_picture
from shared.domain.shapes import Problem, below, refuse
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


def pictures_of(upload: Upload) -> list[Picture]:
    """Return an archive's pictures, opened and measured.

    Raises: InvalidInput: every file that no visual asset names, or the first that cannot be taken.
    """
    named = local_files(record_of(upload.document))
    refuse(
        [
            Problem(below("", f"files/{name}"), "must be named by the localPath of a visual asset")
            for name in sorted(set(upload.files) - named)
        ],
        "archive",
    )
    return [read_picture(name, body) for name, body in sorted(upload.files.items())]


def record_from(document: object) -> Mapping[str, Any]:
    """Return a document that is at least an object.

    Raises: InvalidInput: it is not.
    """
    if not isinstance(document, dict):
        raise InvalidInput("the document must be a JSON object", details={"": "must be an object"})
    return cast("dict[str, Any]", document)
