"""Diagrams that come as drawings already: looked through, and measured."""

import re
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from curriculum_api.formulas import Drawing
from shared.domain.pictures import picture_problem

_LENGTH: Final = re.compile(r"\s*(\d{1,5}(?:\.\d+)?)(?:px)?\s*")
_USUAL: Final = (800, 600)


def look_through(source: str) -> Drawing | list[str]:
    """Return an SVG file with its size in pixels, or what is wrong with it."""
    if problem := picture_problem("drawing.svg", source.encode()):
        return [problem]
    try:
        root = fromstring(source)
    except (ParseError, DefusedXmlException) as error:
        return [f"it is not well-formed: {str(error)[:200]}"]
    if root.tag != "{http://www.w3.org/2000/svg}svg":
        return ['its outermost element must be svg, of the namespace "http://www.w3.org/2000/svg"']
    width, height = _size(root)
    return Drawing(source, width, height)


def _size(root: Element) -> tuple[int, int]:
    """Return what a drawing says of its size: by itself, by its view box, or nothing."""
    told = [_LENGTH.fullmatch(root.get(name, "")) for name in ("width", "height")]
    if told[0] and told[1]:
        return round(float(told[0][1])), round(float(told[1][1]))
    box = root.get("viewBox", "").replace(",", " ").split()
    numbers = [float(number) for number in box[2:] if _LENGTH.fullmatch(number)]
    return (round(numbers[0]), round(numbers[1])) if len(numbers) == 2 else _USUAL
