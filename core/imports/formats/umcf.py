"""A UMCF document, or a .umcf archive with its pictures: its topics are its own. Pure."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from core.imports.formats.port import Draft, Header, Node, Outline, Place, counted, provenance, title_of
from shared.domain.curriculum import children_of, topic_nodes
from shared.domain.curriculum_check import curriculum_problems
from shared.domain.curriculum_upload import Upload, pictures_of, record_from
from shared.domain.json_values import id_of, record_of, records_of, text_of, texts_of
from shared.domain.pictures import Picture
from shared.domain.shapes import refuse


class UmcfBook:
    """See Book. Its curriculum keeps everything beside its topics.

    Args:
        with_files: its pictures come along, and all of them are named in the document.

    Raises: InvalidInput: every problem of the document, by JSON pointer.
    """

    def __init__(self, upload: Upload, *, with_files: bool = True) -> None:
        self._document = record_from(upload.document)
        refuse(curriculum_problems(dict(self._document)), "curriculum")
        self._pictures = pictures_of(upload) if with_files else []
        roots = records_of(self._document.get("content"))
        self._nodes = {id_of(node.get("id")): node for node in topic_nodes(roots)}
        units = {id_of(child.get("id")): text_of(root.get("title")) for root in roots for child in children_of(root)}
        metadata = record_of(self._document.get("metadata"))
        rights = record_of(record_of(self._document.get("rights")).get("license"))
        self.outline = Outline(
            title=title_of(text_of(self._document.get("title")), "Curriculum"),
            places=counted(
                Place(key, title_of(text_of(node.get("title")), "Untitled"), units.get(key, ""))
                for key, node in self._nodes.items()
            ),
            description=text_of(self._document.get("description")),
            language=text_of(metadata.get("language")),
            license=text_of(rights.get("type")) or text_of(rights.get("name")),
            subjects=texts_of(metadata.get("subject")),
            curriculum_id=id_of(self._document.get("id")),
        )

    def topic(self, place: Place) -> Draft:
        """Return a topic; see Book."""
        return Draft(copy.deepcopy(self._nodes[place.key]))

    def document(self, topics: Sequence[tuple[Place, Node]], header: Header) -> dict[str, Any]:
        """Return the document with these of its topics, as they are now; see Book."""
        chosen = {place.key: node for place, node in topics}
        made = copy.deepcopy(dict(self._document))
        made["content"] = self._replaced(records_of(made.get("content")), chosen)
        made["title"] = header.title
        if id_of(made.get("id")) != header.curriculum_id:
            made["id"] = {"value": header.curriculum_id}
        made.setdefault("sourceProvenance", provenance(header))
        return made

    def pictures(self) -> Sequence[Picture]:
        """Return the archive's pictures."""
        return self._pictures

    def _replaced(self, nodes: Sequence[Node], chosen: Mapping[str, Node]) -> list[Node]:
        kept: list[Node] = []
        for node in nodes:
            key = id_of(node.get("id"))
            if key in chosen:
                kept.append(chosen[key])
            elif key not in self._nodes:
                if below := records_of(node.get("children")):
                    node["children"] = self._replaced(below, chosen)
                kept.append(node)
        return kept
