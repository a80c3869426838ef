"""What is sent and answered about drawings, formulas and maps; camelCase, as the console reads it."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

DiagramFormat = Literal["mermaid", "graphviz", "plantuml", "d2", "svg-raw"]
MapStyle = Literal["standard", "minimal", "educational"]
_Source = Annotated[str, Meta(min_length=1, max_length=200_000)]
_Latex = Annotated[str, Meta(min_length=1, max_length=2_000)]
_Pixels = Annotated[int, Meta(ge=64, le=2_048)]
_Output = Annotated[str, Meta(max_length=20)]
_Color = Annotated[str, Meta(pattern=r"^(#[0-9A-Fa-f]{3}|#[0-9A-Fa-f]{6}|[A-Za-z]{3,20})$")]
_Label = Annotated[str, Meta(max_length=200)]
_Latitude = Annotated[float, Meta(ge=-90, le=90)]
_Longitude = Annotated[float, Meta(ge=-180, le=180)]


class Diagram(Struct, frozen=True, rename="camel"):
    """A diagram; its format and its source each under one of two names."""

    format: DiagramFormat | None = None
    type: DiagramFormat | None = None
    source: _Source | None = None
    code: _Source | None = None
    output_format: _Output | None = None
    theme: _Label | None = None
    width: _Pixels | None = None
    height: _Pixels | None = None


class Formula(Struct, frozen=True, rename="camel"):
    """A formula; `fontSize` in pixels."""

    latex: _Latex
    output_format: _Output | None = None
    display_mode: bool | None = None
    font_size: Annotated[float, Meta(ge=6, le=96)] | None = None
    color: _Color | None = None


class Point(Struct, frozen=True):
    """A place on earth, in degrees, under either pair of names."""

    latitude: _Latitude | None = None
    longitude: _Longitude | None = None
    lat: _Latitude | None = None
    lng: _Longitude | None = None


class Marker(Point, frozen=True):
    """A place with a name."""

    label: _Label | None = None
    title: _Label | None = None
    color: _Color | None = None


class Line(Struct, frozen=True):
    """A way through places, or the border of a region around them."""

    points: Annotated[list[Point], Meta(min_length=2, max_length=2_000)]
    label: _Label | None = None
    color: _Color | None = None


class Map(Struct, frozen=True, rename="camel"):
    """A map; zoom 0 shows the world in 256 pixels, each further step twice as large."""

    center: Point
    zoom: Annotated[float, Meta(ge=0, le=12)] = 2
    title: _Label | None = None
    style: MapStyle | None = None
    width: _Pixels | None = None
    height: _Pixels | None = None
    output_format: _Output | None = None
    markers: Annotated[list[Marker], Meta(max_length=500)] | None = None
    routes: Annotated[list[Line], Meta(max_length=100)] | None = None
    regions: Annotated[list[Line], Meta(max_length=100)] | None = None


class Validity(Struct, frozen=True, kw_only=True):
    """Whether something can be drawn, and what is wrong with it."""

    valid: bool
    errors: list[str]
    warnings: list[str]
    success: bool = True


class Rendered(Struct, frozen=True, kw_only=True, rename={"mime_type": "mimeType", "render_method": "renderMethod"}):
    """A picture, in base64 and as a `data:` address; sizes in pixels."""

    data: str
    mime_type: str
    width: int
    height: int
    render_method: str
    url: str
    content_type: str
    success: bool = True


class Diagrams(Struct, frozen=True, kw_only=True):
    """Diagrams that can be drawn, and what draws the others where it is installed."""

    formats: list[str]
    renderers: dict[str, bool]


class Formulas(Struct, frozen=True, kw_only=True, rename={"client_side_supported": "clientSideSupported"}):
    """What draws formulas."""

    renderers: dict[str, bool]
    client_side_supported: bool


class Maps(Struct, frozen=True, kw_only=True):
    """What maps there are."""

    styles: list[str]
    renderers: dict[str, bool]
    features: list[str]


class AllMedia(Struct, frozen=True, kw_only=True):
    """Everything that can be drawn."""

    diagrams: Diagrams
    formulas: Formulas
    maps: Maps


class Capabilities(Struct, frozen=True, kw_only=True):
    """The same for the console and for Android."""

    capabilities: AllMedia
    diagram_types: list[str]
    formula_enabled: bool
    map_styles: list[str]
    success: bool = True
