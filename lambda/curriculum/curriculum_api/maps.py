"""Maps of the world as drawings: coasts, borders, and what is put upon them. Pure but for its data.

The borders are Natural Earth's at 1:110 million, which are in the public domain: good for continents and countries, not
for cities. The projection is Web Mercator, as in every map on the web.
"""

import json
import math
from collections.abc import Iterable, Sequence
from functools import cache
from html import escape
from importlib.resources import files
from typing import Final

import msgspec

from curriculum_api.media_models import Line, Map, MapStyle, Point
from shared.errors import InvalidInput

_WORLD_PX: Final = 256  # at zoom 0
_HIGHEST: Final = 85.05112878  # degrees; beyond, Web Mercator has no end
_USUAL: Final = (800, 500)
_HUNDREDTHS: Final = 100.0


class _Look(msgspec.Struct, frozen=True):
    sea: str
    land: str
    border: str
    ink: str
    grid: str


_LOOKS: Final[dict[MapStyle, _Look]] = {
    "standard": _Look("#cfe3f2", "#f4f1e8", "#b5ad98", "#333333", "none"),
    "minimal": _Look("#ffffff", "#eeeeee", "#cccccc", "#333333", "none"),
    "educational": _Look("#d6ecfa", "#fdf3d0", "#8a7f5c", "#222222", "#9fc4dc"),
}
STYLES: Final[tuple[MapStyle, ...]] = tuple(_LOOKS)


class _Sheet:
    """Turns degrees into pixels of one picture."""

    def __init__(self, center: Point, zoom: float, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.world = _WORLD_PX * 2**zoom
        x, y = self._on_world(*_degrees(center, "center"))
        self._left, self._top = x - width / 2, y - height / 2

    def place(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Return the pixel of a place in the world that is nearest to the center."""
        x, y = self._on_world(latitude, longitude)
        return x - self._left, y - self._top

    def shifts(self) -> list[float]:
        """Return where copies of the world stand that can be seen: it goes round."""
        first = math.floor(self._left / self.world)
        last = math.floor((self._left + self.width) / self.world)
        return [copy * self.world for copy in range(first, last + 1)]

    def _on_world(self, latitude: float, longitude: float) -> tuple[float, float]:
        angle = math.radians(max(-_HIGHEST, min(_HIGHEST, latitude)))
        up = math.log(math.tan(math.pi / 4 + angle / 2))
        return (longitude / 360 + 0.5) * self.world, (0.5 - up / (2 * math.pi)) * self.world


def draw_map(wanted: Map) -> tuple[str, int, int]:
    """Return a map as SVG, its width and its height.

    Raises: InvalidInput: a place without both of its coordinates.
    """
    width, height = wanted.width or _USUAL[0], wanted.height or _USUAL[1]
    sheet, look = _Sheet(wanted.center, wanted.zoom, width, height), _LOOKS[wanted.style or "standard"]
    land = _path(sheet, _borders(), close=True)
    marked = "".join((*_regions(sheet, wanted.regions or ()), *_routes(sheet, wanted.routes or ())))
    marked += "".join(_markers(sheet, wanted, look))
    copies = "".join(f'<g transform="translate({shift:.1f})">{marked}</g>' for shift in sheet.shifts())
    title = f"<title>{escape(wanted.title)}</title>" if wanted.title else ""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">',
        f'{title}<rect width="100%" height="100%" fill="{look.sea}"/>',
        f'<defs><path id="land" d="{land}" fill-rule="evenodd"/></defs>',
        *(
            f'<use href="#land" x="{shift:.1f}" fill="{look.land}" stroke="{look.border}" stroke-width="0.7"/>'
            for shift in sheet.shifts()
        ),
        _grid(sheet, look),
        copies,
        _heading(wanted.title, width, look),
        "</svg>",
    ]
    return "".join(parts), width, height


@cache
def _borders() -> tuple[tuple[tuple[float, float], ...], ...]:
    """Return the rings of all countries: latitude and longitude of each corner."""
    rings = json.loads(files("curriculum_api").joinpath("countries.json").read_text(encoding="ascii"))
    return tuple(
        tuple((y / _HUNDREDTHS, x / _HUNDREDTHS) for x, y in zip(ring[::2], ring[1::2], strict=True)) for ring in rings
    )


def _path(sheet: _Sheet, lines: Iterable[Sequence[tuple[float, float]]], *, close: bool) -> str:
    """Return lines as an SVG path, in tenths of a pixel; corners closer than that are left out."""
    parts: list[str] = []
    for line in lines:
        corners = [f"{x:.1f} {y:.1f}" for x, y in (sheet.place(*corner) for corner in line)]
        kept = [corner for at, corner in enumerate(corners) if not at or corner != corners[at - 1]]
        if len(kept) > 1:
            parts.append(f"M{'L'.join(kept)}{'Z' if close else ''}")
    return "".join(parts)


def _grid(sheet: _Sheet, look: _Look) -> str:
    """Return the meridians and parallels at every thirty degrees."""
    if look.grid == "none":
        return ""
    across = [[(latitude, longitude) for longitude in (-180, 180)] for latitude in range(-60, 90, 30)]
    down = [[(latitude, longitude) for latitude in (-85, 85)] for longitude in range(-180, 181, 30)]
    path = _path(sheet, [*across, *down], close=False)
    return "".join(
        f'<path d="{path}" transform="translate({shift:.1f})" fill="none" stroke="{look.grid}" stroke-width="0.5"/>'
        for shift in sheet.shifts()
    )


def _regions(sheet: _Sheet, regions: Sequence[Line]) -> list[str]:
    return [
        f'<path d="{_path(sheet, [_corners(region, f"regions[{at}]")], close=True)}" fill="{region.color or "#c0392b"}"'
        f' fill-opacity="0.3" stroke="{region.color or "#c0392b"}">{_titled(region.label)}</path>'
        for at, region in enumerate(regions)
    ]


def _routes(sheet: _Sheet, routes: Sequence[Line]) -> list[str]:
    return [
        f'<path d="{_path(sheet, [_corners(route, f"routes[{at}]")], close=False)}" fill="none"'
        f' stroke="{route.color or "#1f5fa8"}" stroke-width="2.5">{_titled(route.label)}</path>'
        for at, route in enumerate(routes)
    ]


def _markers(sheet: _Sheet, wanted: Map, look: _Look) -> list[str]:
    found: list[str] = []
    for at, marker in enumerate(wanted.markers or ()):
        x, y = sheet.place(*_degrees(marker, f"markers[{at}]"))
        name = marker.label or marker.title or ""
        found.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{marker.color or "#c0392b"}" stroke="#ffffff"/>'
            f'<text x="{x + 8:.1f}" y="{y + 4:.1f}" font-family="sans-serif" font-size="13" fill="{look.ink}">'
            f"{escape(name)}</text>"
        )
    return found


def _heading(title: str | None, width: int, look: _Look) -> str:
    if not title:
        return ""
    return (
        f'<text x="{width / 2:.1f}" y="28" text-anchor="middle" font-family="sans-serif" font-size="20"'
        f' fill="{look.ink}">{escape(title)}</text>'
    )


def _titled(label: str | None) -> str:
    return f"<title>{escape(label)}</title>" if label else ""


def _corners(line: Line, field: str) -> list[tuple[float, float]]:
    return [_degrees(point, f"{field}.points[{at}]") for at, point in enumerate(line.points)]


def _degrees(point: Point, field: str) -> tuple[float, float]:
    latitude = point.latitude if point.latitude is not None else point.lat
    longitude = point.longitude if point.longitude is not None else point.lng
    if latitude is None or longitude is None:
        expected = "latitude and longitude in degrees, or lat and lng"
        raise InvalidInput(f"{field}: {expected}", details={field: expected})
    return latitude, longitude
