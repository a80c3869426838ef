"""The queue's servers are found, or installed by whatever this machine installs programs with."""

import os
from pathlib import Path

import pytest

from infra.local import brokers
from infra.local.errors import LocalError

# Installs what is asked for as an empty program beside itself, and notes what it was told.
INSTALLER = """#!/bin/sh
here="${0%/*}"
echo "${0##*/} $*" >> "$here/log"
for word in "$@"; do
    case "$word" in redis*|rabbitmq*)
        program="$here/${word%-server}-server"
        echo '#!/bin/sh' > "$program"
        /bin/chmod 755 "$program";;
    esac
done
"""


def on_path(folder: Path, monkeypatch: pytest.MonkeyPatch, **programs: str) -> None:
    """Leave nothing on the PATH but these programs."""
    for name, text in programs.items():
        program = folder / name.replace("_", "-")
        program.write_text(text)
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_this_machine_has_both_or_gets_them() -> None:
    for program in brokers.ensure():
        assert os.access(program, os.X_OK)
    assert brokers.ensure() == (brokers.find_redis(), brokers.find_rabbitmq())


def test_what_is_missing_is_installed_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_path(tmp_path, monkeypatch, apt_get=INSTALLER, brew=INSTALLER)
    assert brokers.find_redis() is None
    had_rabbitmq = brokers.find_rabbitmq() is not None
    redis, rabbitmq = brokers.ensure()
    assert redis == tmp_path / "redis-server"
    assert rabbitmq.exists()
    asked = (tmp_path / "log").read_text()
    assert "install" in asked
    assert ("rabbitmq" in asked) is not had_rabbitmq
    assert asked.startswith("apt-get update" if os.geteuid() == 0 else "brew install")


@pytest.mark.parametrize(
    "programs", [{}, {"apt_get": "#!/bin/sh\nexit 100\n", "brew": "#!/bin/sh\nexit 1\n"}], ids=["nothing", "fails"]
)
def test_who_cannot_install_them_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, programs: dict[str, str]
) -> None:
    on_path(tmp_path, monkeypatch, **programs)
    with pytest.raises(LocalError, match="apt-get install redis-server rabbitmq-server"):
        brokers.ensure()
