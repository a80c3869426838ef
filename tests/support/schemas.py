"""Published JSON schemas of other programs' files."""

import subprocess
import sys
from pathlib import Path


def findings(schema: str, *files: Path) -> str:
    """Return what is wrong with the files; empty: nothing.

    Args:
        schema: what check-jsonschema calls it, such as `compose-spec`.
    """
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr
