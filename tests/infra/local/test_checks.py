import os
from pathlib import Path

from infra.local import checks


def test_every_code_root_is_importable_and_our_tools_come_first() -> None:
    environment = checks.tools_environment()
    roots = environment["PYTHONPATH"].split(os.pathsep)
    assert all(Path(root).is_dir() for root in roots)
    assert checks.ROOT / "lambda" / "kb" in map(Path, roots)
    assert (Path(environment["PATH"].split(os.pathsep)[0]) / "python").exists()


def test_a_tool_runs_in_the_project_with_its_status_returned() -> None:
    program = "import os, sys; sys.exit(os.path.exists('pyproject.toml') and 7)"
    assert checks.run(["-c", program], checks.tools_environment()) == 7


def test_arguments_go_to_pytest_alone() -> None:
    assert checks.check(["--version"]) == 0
