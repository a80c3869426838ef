"""The templates as CloudFormation gets them: SAM's own resources turned into what they stand for, without AWS.

Needs `aws-sam-translator`, which the development environment has.
"""

import functools
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from infra.aws.stacks import PSEUDO, TEMPLATE, Document
from infra.local.template import nested_of, read_template

# Where `sam deploy` would have put the code.
_ARTIFACT: Final = "s3://artifacts/built.zip"


class _NoManagedPolicies:
    """Stands for the account's list of AWS's own policies: no role of ours uses one."""

    def load(self) -> dict[str, str]:
        """Return none."""
        return {}


def process(document: Document) -> Document:
    """Turn one SAM template into CloudFormation.

    Raises: samtranslator.model.exceptions.InvalidDocumentException: it is not valid SAM.
    """
    return json.loads(_processed(json.dumps(document)))


@functools.cache
def _processed(text: str) -> str:
    from samtranslator.translator.transform import transform

    os.environ.setdefault("AWS_DEFAULT_REGION", PSEUDO["AWS::Region"])
    source: Document = json.loads(text)
    for resource in source["Resources"].values():
        for code in ("CodeUri", "ContentUri"):
            if code in resource.get("Properties", {}):
                resource["Properties"][code] = _ARTIFACT
    made: Any = transform(source, {}, _NoManagedPolicies())  # pyright: ignore[reportArgumentType]  it calls load()
    return json.dumps(made)


def documents() -> dict[str, Document]:
    """Return the root template and its nested ones as processed, by the name of their file; nothing else is decided."""
    found: dict[str, Document] = {}
    for file in (TEMPLATE, *nested_of(TEMPLATE).values()):
        document = read_template(file)
        found[file.stem] = process(document) if "Transform" in document else document
    for resource in found[TEMPLATE.stem]["Resources"].values():
        resource["Properties"]["TemplateURL"] = f"{Path(resource['Properties']['TemplateURL']).stem}.json"
    return found


def write(folder: Path, documents: Mapping[str, Document]) -> list[Path]:
    """Write templates as JSON into a folder, for tools that read files; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{name}.json" for name in documents]
    for file, document in zip(files, documents.values(), strict=True):
        file.write_text(json.dumps(document, indent=1), encoding="utf-8")
    return files
