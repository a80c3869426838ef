"""Section 3 of the contract: the assets of topics."""

from typing import Any

import pytest

from tests.contract.conftest import android
from tests.contract.curriculum import Assets, Detail, SavedAsset, Success, fresh, stored
from tests.contract.decoding import decode, refused
from tests.support.api import ApiClient
from tests.support.archives import a_photo
from tests.support.forms import FORM, a_form
from tests.support.umcf import PICTURE


def test_assets(teacher: ApiClient, learner: ApiClient, nobody: ApiClient) -> None:
    path = f"/api/curricula/{stored(teacher, fresh())}/topics/one/assets"
    metadata = {"alt": "A noise", "title": "Noise", "startSegment": 0, "isReference": True, "keywords": ["noise"]}
    form = a_form(file=("My photo.JPG", a_photo()), metadata=metadata)
    made = decode(teacher.call("POST", path, body=form, headers=FORM), SavedAsset)
    assert (made.status, made.mime_type, made.asset.is_reference) == ("success", "image/jpeg", True)
    assert [asset.id for asset in decode(learner.get(path), Assets).assets] == [made.id]
    one = learner.get(f"{path}/{made.id}").body["asset"]
    assert (one["dimensions"], one["keywords"]) == ({"width": 900, "height": 600}, ["noise"])
    for key, kind in (("url", "image/jpeg"), ("thumbnailUrl", "image/webp")):
        target, _, token = one[key].partition("?file=")
        # Whoever shows a picture sends no token.
        answer = nobody.get(target, query={"file": token})
        assert (answer.status, answer.headers["content-type"]) == (200, kind)
        assert "immutable" in answer.headers["cache-control"]
        again = nobody.get(target, query={"file": token}, headers={"if-none-match": answer.headers["etag"]})
        assert (again.status, again.raw) == (304, b"")
        refused(nobody.get(target, query={"file": f"{token[:-1]}{'A' if token[-1] != 'A' else 'B'}"}), 404, "not_found")
    changed = decode(
        teacher.patch(f"{path}/{made.id}", {"alt": "Snow", "title": None, "isReference": False}), SavedAsset
    )
    assert (changed.asset.alt, changed.asset.is_reference) == ("Snow", False)
    assert "title" not in learner.get(f"{path}/{made.id}").body["asset"]
    assert decode(teacher.delete(f"{path}/{made.id}"), Success).status == "success"
    assert decode(learner.get(path), Assets).assets == []
    target, _, token = one["url"].partition("?file=")
    refused(nobody.get(target, query={"file": token}), 404, "not_found")
    for answer in (
        learner.get(f"{path}/{made.id}"),
        teacher.patch(f"{path}/{made.id}", {"alt": "x"}),
        teacher.delete(f"{path}/{made.id}"),
        learner.get(path.replace("/one/", "/none/")),
    ):
        refused(answer, 404, "not_found")


def test_an_asset_that_android_announces(teacher: ApiClient, learner: ApiClient) -> None:
    path = f"/api/curricula/{stored(teacher, fresh())}/topics/two/assets"
    sent = {"filename": "p.png", "mime_type": "image/png", "caption": None, "position": 0}
    made = decode(android(teacher).post(path, sent), SavedAsset)
    assert (made.filename, made.mime_type) == ("p.png", "image/png")
    assert learner.get(f"{path}/{made.id}").body["asset"]["segmentTiming"] == {"startSegment": 0, "endSegment": 0}
    refused(teacher.post(path, {"filename": "p.png"}), 400, "invalid_input", field="mime_type")


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"metadata": {"alt": "-"}}, "file"),
        ({"file": ("p.svg", PICTURE)}, "metadata"),
        ({"file": ("p.exe", b"MZ"), "metadata": {"alt": "-"}}, "file"),
        ({"file": ("p.svg", PICTURE), "metadata": {"alt": "-", "isReference": "yes"}}, "isReference"),
    ],
)
def test_a_bad_asset_is_refused_by_name(teacher: ApiClient, fields: dict[str, Any], name: str) -> None:
    path = f"/api/curricula/{stored(teacher, fresh())}/topics/one/assets"
    refused(teacher.call("POST", path, body=a_form(**fields), headers=FORM), 400, "invalid_input", field=name)


def test_what_a_picture_lacks_is_told(teacher: ApiClient, learner: ApiClient) -> None:
    mine = stored(teacher, fresh())
    path = f"/api/curricula/{mine}/topics/one/assets"
    script = PICTURE.replace(b"<circle", b"<script>alert(1)</script><circle")
    for body, metadata in ((script, {"alt": "-"}), (PICTURE, {}), (PICTURE, {"alt": "-", "type": "hologram"})):
        form = a_form(file=("p.svg", body), metadata=metadata)
        refused(teacher.call("POST", path, body=form, headers=FORM), 400, "invalid_input")
    assert decode(learner.get(f"/api/curricula/{mine}"), Detail).revision == 1


def test_a_file_is_fetched_by_its_name_too(teacher: ApiClient, learner: ApiClient, nobody: ApiClient) -> None:
    mine = stored(teacher, fresh())
    form = a_form(file=("p.svg", PICTURE), metadata={"alt": "-"})
    made = decode(teacher.call("POST", f"/api/curricula/{mine}/topics/one/assets", body=form, headers=FORM), SavedAsset)
    path = f"/assets/curriculum/{mine}/{made.filename}"
    answer = learner.get(path)
    assert (answer.status, answer.headers["content-type"], answer.raw) == (200, "image/svg+xml", PICTURE)
    assert learner.get(path, headers={"if-none-match": answer.headers["etag"]}).status == 304
    refused(learner.get(f"/assets/curriculum/{mine}/none.svg"), 404, "not_found")
    refused(nobody.get(path), 401, "missing_token")
