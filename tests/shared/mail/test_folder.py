"""Mail as files."""

import stat
from pathlib import Path

from shared.mail.folder import FolderMailer
from shared.mail.port import Mail


def test_only_the_owner_reads_the_folder(tmp_path: Path) -> None:
    FolderMailer(tmp_path / "outbox", "a@b.example").send(Mail("c@d.example", "Subject", "text"))
    assert stat.S_IMODE((tmp_path / "outbox").stat().st_mode) == 0o700
    assert [path.suffix for path in (tmp_path / "outbox").iterdir()] == [".eml"]
