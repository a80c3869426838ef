"""Drawings, formulas and maps, as the console asks for them."""

import base64
import re
from typing import Any

import pytest
from curriculum_api.routes import routes
from defusedxml.ElementTree import fromstring

from shared.api import Context, Service
from tests.support.api import Answer, ApiClient

SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" width="30px" height="20"><rect width="3" height="3"/></svg>'
QUADRATIC = r"\frac{-b \pm \sqrt{b^2-4ac}}{2a}"


@pytest.fixture
def client(context: Context, alpha_token: str) -> ApiClient:
    return ApiClient(Service(routes, context), alpha_token)


def picture(answer: Answer) -> tuple[str, dict[str, Any]]:
    assert answer.status == 200, answer.body
    svg = base64.b64decode(answer.body["data"]).decode()
    assert fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"
    assert answer.body["url"] == f"data:{answer.body['mimeType']};base64,{answer.body['data']}"
    assert answer.body["content_type"] == answer.body["mimeType"] == "image/svg+xml"
    return svg, answer.body


def problems(answer: Answer) -> list[str]:
    assert (answer.status, answer.body["success"]) == (400, False), answer.body
    assert answer.body["error"]
    return answer.body["validationErrors"]


def test_what_can_be_drawn_is_told_to_both_clients(client: ApiClient) -> None:
    told = client.get("/api/media/capabilities").body
    assert (told["success"], told["formula_enabled"]) == (True, True)
    found = told["capabilities"]
    assert found["diagrams"]["formats"] == told["diagram_types"] == ["svg-raw"]
    assert set(found["diagrams"]["renderers"]) == {"mermaid", "graphviz", "plantuml", "d2"}
    assert found["formulas"]["clientSideSupported"] is True
    assert client.get("/api/media/maps/styles").body == {"success": True, "styles": told["map_styles"]}
    android = client.get("/api/media/maps/styles", headers={"X-Client-Platform": "Android"}).body
    assert android == told["map_styles"]
    for style in told["map_styles"]:
        picture(client.post("/api/media/maps/render", {"center": {"lat": 0, "lng": 0}, "style": style}))


def test_a_formula_is_drawn_in_its_size_and_colour(client: ApiClient) -> None:
    wanted = {"latex": QUADRATIC, "fontSize": 40, "color": "#123456", "outputFormat": "svg", "displayMode": True}
    svg, body = picture(client.post("/api/media/formulas/render", wanted))
    assert "#123456" in svg
    _, small = picture(client.post("/api/media/formulas/render", {"latex": QUADRATIC, "fontSize": 20}))
    assert body["width"] > 1.5 * small["width"] > 30
    assert client.post("/api/media/formulas/validate", {"latex": QUADRATIC}).body == {
        "success": True,
        "valid": True,
        "errors": [],
        "warnings": [],
    }


@pytest.mark.parametrize(
    ("latex", "words"),
    [
        (r"\frac{1}{", "not LaTeX"),
        (r"\wobble{x}", r"\wobble is no command"),
        ("{" * 1_000 + "}" * 1_000, "nested too deeply"),
        (r"\text{<script>}", "not LaTeX"),
        ("&", "not LaTeX"),
    ],
)
def test_a_formula_that_cannot_be_drawn_is_told_why(client: ApiClient, latex: str, words: str) -> None:
    checked = client.post("/api/media/formulas/validate", {"latex": latex}).body
    assert (checked["success"], checked["valid"]) == (True, False)
    assert words in checked["errors"][0]
    assert problems(client.post("/api/media/formulas/render", {"latex": latex})) == checked["errors"]


@pytest.mark.parametrize(("source", "code"), [(SQUARE, None), (None, SQUARE)])
def test_a_drawing_passes_through(client: ApiClient, source: str | None, code: str | None) -> None:
    wanted = {"format": "svg-raw", "source": source} if source else {"type": "svg-raw", "code": code}
    svg, body = picture(client.post("/api/media/diagrams/render", wanted))
    assert (svg, body["width"], body["height"], body["renderMethod"]) == (SQUARE, 30, 20, "svg-raw")


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"format": "svg-raw", "source": SQUARE.replace("<rect", "<script/><rect")}, "without scripts"),
        ({"format": "svg-raw", "source": "<svg><unclosed></svg>"}, "well-formed"),
        ({"format": "svg-raw", "source": "<svg/>"}, "namespace"),
        ({"format": "svg-raw", "source": '<!DOCTYPE svg [<!ENTITY a "aa">]><svg>&a;</svg>'}, "entities"),
        ({"format": "mermaid", "source": "graph TD; A-->B"}, "mermaid is not drawn here"),
    ],
)
def test_a_diagram_that_cannot_be_drawn_is_told_why(client: ApiClient, wanted: dict[str, str], words: str) -> None:
    checked = client.post("/api/media/diagrams/validate", wanted).body
    assert (checked["success"], checked["valid"]) == (True, False)
    assert words in checked["errors"][0]
    assert problems(client.post("/api/media/diagrams/render", wanted)) == checked["errors"]


def test_a_map_shows_what_is_marked_where_it_is(client: ApiClient) -> None:
    paris, rome = {"lat": 48.86, "lng": 2.35}, {"latitude": 41.9, "longitude": 12.5}
    wanted = {
        "title": "Two <cities>",
        "center": rome,
        "zoom": 5,
        "width": 400,
        "height": 300,
        "markers": [{**rome, "label": "Rome"}, {**paris, "title": "Paris"}],
        "routes": [{"points": [rome, paris], "label": "The way", "color": "green"}],
        "regions": [{"points": [rome, paris, {"lat": 45, "lng": 15}]}],
    }
    svg, body = picture(client.post("/api/media/maps/render", wanted))
    assert (body["width"], body["height"]) == (400, 300)
    assert re.search(r'<circle cx="200.0" cy="150.0"', svg)
    assert "Two &lt;cities&gt;" in svg
    assert len(re.findall("<circle", svg)) == 2
    assert svg.count("L") > 300


def test_the_world_goes_round(client: ApiClient) -> None:
    fiji = {"center": {"lat": -17, "lng": 179}, "zoom": 3, "markers": [{"lat": -17, "lng": -179, "label": "East"}]}
    svg, _ = picture(client.post("/api/media/maps/render", fiji))
    assert svg.count('href="#land"') == 2
    marks = re.finditer(r'<g transform="translate\((\S+)\)"><circle cx="(\S+)"', svg)
    shown = [float(mark[1]) + float(mark[2]) for mark in marks]
    assert any(400 < x < 420 for x in shown)


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("formulas/render", {"latex": ""}, "latex"),
        ("formulas/render", {"latex": "x" * 2_001}, "latex"),
        ("formulas/render", {"latex": "x", "color": 'red"/>'}, "color"),
        ("formulas/render", {"latex": "x", "outputFormat": "png"}, "outputFormat"),
        ("diagrams/render", {"source": "x"}, "format"),
        ("diagrams/render", {"format": "svg-raw"}, "source"),
        ("diagrams/render", {"format": "word", "source": "x"}, "format"),
        ("maps/render", {}, "center"),
        ("maps/render", {"center": {"lat": 1}}, "center"),
        ("maps/render", {"center": {"lat": 91, "lng": 0}}, "center.lat"),
        ("maps/render", {"center": {"lat": 0, "lng": 0}, "zoom": 30}, "zoom"),
        ("maps/render", {"center": {"lat": 0, "lng": 0}, "width": 5_000}, "width"),
        ("maps/render", {"center": {"lat": 0, "lng": 0}, "style": "satellite"}, "style"),
        ("maps/render", {"center": {"lat": 0, "lng": 0}, "routes": [{"path": "north"}]}, "routes"),
        ("maps/render", {"center": {"lat": 0, "lng": 0}, "markers": [{"label": "x"}]}, "markers"),
    ],
)
def test_what_cannot_be_is_named(client: ApiClient, path: str, body: dict[str, Any], field: str) -> None:
    answer = client.post(f"/api/media/{path}", body)
    assert answer.status == 400, answer.body
    assert any(name.startswith(field) for name in answer.body["details"]), answer.body
