"""Drawings, formulas and maps for consoles: what can be drawn, whether it is sound, and the picture."""

import base64
from collections.abc import Callable
from typing import Final, get_args

from curriculum_api.drawings import look_through
from curriculum_api.formulas import Drawing, draw
from curriculum_api.maps import STYLES, draw_map
from curriculum_api.media_models import (
    AllMedia,
    Capabilities,
    Diagram,
    DiagramFormat,
    Diagrams,
    Formula,
    Formulas,
    Map,
    Maps,
    Rendered,
    Validity,
)
from shared.api import Access, Listing, Request, Routes
from shared.errors import InvalidInput, NotDrawable

routes = Routes("curriculum", success_flag=True)

_SVG: Final = "image/svg+xml"
# Each needs a program of its own, which a function has not: consoles draw these themselves.
_ELSEWHERE: Final[tuple[DiagramFormat, ...]] = tuple(name for name in get_args(DiagramFormat) if name != "svg-raw")


@routes.get("/api/media/capabilities", access=Access.CLIENT)
def capabilities(request: Request) -> Capabilities:
    """Return what can be drawn here."""
    request.admit()
    return Capabilities(
        capabilities=AllMedia(
            diagrams=Diagrams(formats=["svg-raw"], renderers=dict.fromkeys(_ELSEWHERE, False)),
            formulas=Formulas(renderers={"katex": False, "latex": True}, client_side_supported=True),
            maps=Maps(
                styles=list(STYLES),
                renderers={"cartopy": False, "folium": False, "staticTiles": False, "outlines": True},
                features=["markers", "routes", "regions"],
            ),
        ),
        diagram_types=["svg-raw"],
        formula_enabled=True,
        map_styles=list(STYLES),
    )


@routes.post("/api/media/diagrams/validate", access=Access.CLIENT, replayable=False)
def validate_diagram(request: Request, body: Diagram) -> Validity:
    """Return whether a diagram can be drawn here."""
    request.admit()
    return _validity(_diagram(body))


@routes.post("/api/media/diagrams/render", access=Access.CLIENT, replayable=False)
def render_diagram(request: Request, body: Diagram) -> Rendered:
    """Return a diagram as a picture."""
    return _drawn(request, "source", lambda: _diagram(body), body.output_format, "svg-raw")


@routes.post("/api/media/formulas/validate", access=Access.CLIENT, replayable=False)
def validate_formula(request: Request, body: Formula) -> Validity:
    """Return whether a formula can be drawn."""
    request.admit()
    return _validity(_formula(body))


@routes.post("/api/media/formulas/render", access=Access.CLIENT, replayable=False)
def render_formula(request: Request, body: Formula) -> Rendered:
    """Return a formula as a picture."""
    return _drawn(request, "latex", lambda: _formula(body), body.output_format, "latex")


@routes.get("/api/media/maps/styles", access=Access.CLIENT)
def map_styles(request: Request) -> Listing:
    """Return the styles of maps."""
    request.admit()
    return Listing("styles", list(STYLES), {"success": True})


@routes.post("/api/media/maps/render", access=Access.CLIENT, replayable=False)
def render_map(request: Request, body: Map) -> Rendered:
    """Return a map of coasts and borders, with what is to be marked on it."""
    return _drawn(request, "map", lambda: Drawing(*draw_map(body)), body.output_format, "outlines")


def _drawn(
    request: Request, field: str, drawing: Callable[[], Drawing | list[str]], output: str | None, method: str
) -> Rendered:
    """Return a picture.

    Raises: NotDrawable: something is wrong with what is to be drawn, or another kind of file is wanted.
    """
    request.admit()
    if output is not None and output.lower() != "svg":
        raise NotDrawable("outputFormat", ["svg is the only kind of file that is drawn here"])
    found = drawing()
    if not isinstance(found, Drawing):
        raise NotDrawable(field, found)
    data = base64.b64encode(found.svg.encode()).decode()
    return Rendered(
        data=data,
        mime_type=_SVG,
        width=found.width,
        height=found.height,
        render_method=method,
        url=f"data:{_SVG};base64,{data}",
        content_type=_SVG,
    )


def _validity(found: Drawing | list[str]) -> Validity:
    errors = [] if isinstance(found, Drawing) else found
    return Validity(valid=not errors, errors=errors, warnings=[])


def _formula(wanted: Formula) -> Drawing | list[str]:
    return draw(wanted.latex, display=wanted.display_mode is not False, size=wanted.font_size, color=wanted.color)


def _diagram(wanted: Diagram) -> Drawing | list[str]:
    """Return a diagram, or what is wrong with it.

    Raises: InvalidInput: it names no format, or has no source.
    """
    form, source = wanted.format or wanted.type, wanted.source or wanted.code
    for name, value, expected in (
        ("format", form, f"one of {', '.join(get_args(DiagramFormat))}"),
        ("source", source, "the text of the diagram"),
    ):
        if value is None:
            raise InvalidInput(f"{name}: {expected}", details={name: expected})
    if form != "svg-raw" or source is None:
        return [f"{form} is not drawn here: draw it in the console, or send the drawing as svg-raw"]
    return look_through(source)
