"""Whether there is an order in which a curriculum can be learned: prerequisites must not go round in a circle. Pure."""

from collections.abc import Mapping
from typing import Any

from shared.domain.json_values import id_of, list_of, record_of
from shared.domain.shapes import Findings, below


def check_prerequisites(document: Mapping[str, Any], findings: Findings) -> None:
    """Report each prerequisite that closes a circle; one that names no node of the document is another's."""
    needs: dict[str, list[tuple[str, str]]] = {}
    level = [(below("/content", at), record_of(node)) for at, node in enumerate(list_of(document.get("content")))]
    while level:
        deeper: list[tuple[str, dict[str, Any]]] = []
        for pointer, node in level:
            wanted = enumerate(list_of(node.get("prerequisites")))
            named = [(below(f"{pointer}/prerequisites", at), _reference(reference)) for at, reference in wanted]
            needs.setdefault(id_of(node.get("id")), []).extend(named)
            children = enumerate(list_of(node.get("children")))
            deeper += [(below(f"{pointer}/children", at), record_of(child)) for at, child in children]
        level = deeper
    _report_circles(needs, findings)


def _reference(value: object) -> str:
    """Return the node a prerequisite names: plainly, as an id, or in a record."""
    members = record_of(value)
    for key in ("nodeId", "node", "id", "ref", "topicId"):
        if found := id_of(members.get(key)):
            return found
    return id_of(value)


def _report_circles(needs: Mapping[str, list[tuple[str, str]]], findings: Findings) -> None:
    """Walk in depth without recursion; what is still open when it is met again closes a circle."""
    done: set[str] = set()
    for start in needs:
        if start in done:
            continue
        opened = {start}
        stack = [(start, iter(needs[start]))]
        while stack:
            node, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                stack.pop()
                opened.discard(node)
                done.add(node)
                continue
            pointer, wanted = following
            if wanted in opened:
                findings.add(pointer, f"must not lead back to {wanted}: nothing could be learned first")
            elif wanted in needs and wanted not in done:
                opened.add(wanted)
                stack.append((wanted, iter(needs[wanted])))
