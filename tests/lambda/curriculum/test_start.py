"""What a fresh container imports: nothing that only some requests need."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
LATER = ("PIL", "obstore", "shared.storage.objects")


def test_a_start_brings_in_neither_pillow_nor_the_object_store() -> None:
    code = f"import sys, curriculum_api.handler; print([name for name in {LATER} if name in sys.modules])"
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT}:{ROOT / 'lambda' / 'curriculum'}",
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "UNAMENTIS_SECRET": "A" * 44,
        "UNAMENTIS_OBJECTS_URL": "memory://",
    }
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
