"""Renders our chart and checks what comes out; runs in the `charts` environment, prints JSON.

    python chart_renderer.py CHART VALUES.json …

Each VALUES file holds values beside the chart's own. The answer has, for each, the lint findings, the documents, and
what Kubernetes' schemas object to in the strictest reading.
"""

import json
import sys
from pathlib import Path
from typing import Any

import helm_python as helm
import kubernetes_validate
import yaml


def render(chart_path: str, values: dict[str, Any]) -> dict[str, Any]:
    """Return what one set of values makes of the chart, or why Helm refuses them."""
    with helm.Chart.load(chart_path) as chart:
        try:
            rendered = chart.render(values, name="tutor", namespace="school")
        except helm.HelmError as error:
            return {"refused": str(error)}
    lint = helm.lint(chart_path, values, strict=True)
    documents: list[dict[str, Any]] = []
    invalid: list[str] = []
    for path, text in rendered.items():
        for document in [] if path.endswith(".txt") else yaml.safe_load_all(text):
            if document is None:
                continue
            documents.append(document)
            try:
                kubernetes_validate.validate(document, "1.37", strict=True)
            except kubernetes_validate.ValidationError as error:
                invalid.append(f"{path}: {error}")
    messages = [message["error"] for message in lint["messages"] if message["severity"] > 1]
    return {"lint": messages + lint["errors"], "documents": documents, "invalid": invalid}


chart, *files = sys.argv[1:]
sys.stdout.write(json.dumps([render(chart, json.loads(Path(file).read_text())) for file in files]))
