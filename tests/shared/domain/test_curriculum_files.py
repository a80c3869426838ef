"""Which files a document names."""

from shared.domain.curriculum_files import assets_of, local_files
from tests.support.content import CURRICULA, read_json
from tests.support.umcf import a_document, a_topic


def test_every_asset_of_every_node_is_found_in_order() -> None:
    inner = {"id": "i", "title": "I", "type": "section", "media": {"reference": [{"id": "2"}]}}
    document = a_document("c", a_topic("t", media={"embedded": [{"id": "1"}]}, children=[inner]))
    assert [asset["id"] for asset in assets_of(document)] == ["1", "2"]


def test_the_samples_name_their_drawings() -> None:
    for path in CURRICULA:
        names = local_files(read_json(path))
        assert names
        assert all((path.parent / "assets" / name).is_file() for name in names)
