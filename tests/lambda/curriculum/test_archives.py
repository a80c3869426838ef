"""A curriculum in an archive."""

import json

from curriculum_api.archives import packed

from shared.domain.curriculum_upload import read_upload
from tests.support.umcf import PICTURE, a_document


def test_what_is_packed_can_be_uploaded_and_is_the_same_each_time() -> None:
    document = a_document("light", note=["ä", 1, 2.5, None])
    archive = packed(document, {"b.svg": PICTURE, "a.svg": PICTURE})
    upload = read_upload(archive)
    assert (upload.document, upload.files) == (json.loads(json.dumps(document)), {"a.svg": PICTURE, "b.svg": PICTURE})
    assert packed(document, {"a.svg": PICTURE, "b.svg": PICTURE}) == archive
