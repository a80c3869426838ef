"""`./unamentis compose-env`: the secrets that docker-compose.yml asks for, made once."""

import base64
import secrets
from pathlib import Path
from typing import Final

from infra.local.errors import LocalError
from infra.local.state import SECRET_BYTES, write_private

MINIO_USER: Final = "unamentis"


def compose_env(file: Path, *, objects: str) -> int:
    """Write the file and say what comes next; return the exit status.

    Args:
        objects: where objects are kept: "disk" or "minio".
    Raises: LocalError: the file is there already, and with it the keys of what is stored.
    """
    if file.exists():
        raise LocalError(f"{file} is there already: its secrets are those of what is stored; edit it, or move it away")
    lines = [
        "# Made by ./unamentis compose-env. Keep it with your backups: without UNAMENTIS_SECRET nobody can sign in.",
        f"UNAMENTIS_SECRET={base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode('ascii')}",
        f"UNAMENTIS_DATABASE_PASSWORD={secrets.token_urlsafe(SECRET_BYTES)}",
        f"POSTGRES_PASSWORD={secrets.token_urlsafe(SECRET_BYTES)}",
    ]
    if objects == "minio":
        password = secrets.token_urlsafe(SECRET_BYTES)
        lines += [
            "COMPOSE_PROFILES=minio",
            f"MINIO_ROOT_USER={MINIO_USER}",
            f"MINIO_ROOT_PASSWORD={password}",
            f"UNAMENTIS_OBJECTS_URL=s3://{MINIO_USER}:{password}@unamentis?endpoint=http://minio:9000",
        ]
    try:
        write_private(file, "\n".join(lines) + "\n")
    except OSError as error:
        raise LocalError(f"cannot write {file}: {error.strerror}") from error
    print(f"{file} holds the secrets. Start with: docker compose up --detach --build")
    return 0
