"""Writes which half answers a path, for nginx: python -m infra.server.halves > infra/nginx/halves.conf.

Taken from what core mounts, so that nginx cannot send a path to the wrong half.
"""

import re
import sys
from pathlib import Path
from typing import Final

from infra.edge.routes import core_paths

WRITTEN: Final = Path(__file__).resolve().parents[1] / "nginx" / "halves.conf"

_HEAD: Final = """\
# Which half of the deployment answers a path. Included at the http level; the upstream groups unamentis_api and
# unamentis_core are defined beside it. Made by: python -m infra.server.halves > infra/nginx/halves.conf

map $uri $unamentis_half {
    default unamentis_api;
"""
_TAIL: Final = """\
}

map $http_upgrade $unamentis_connection {
    default upgrade;
    "" "";
}

# Neither the query nor any header: a socket's token never reaches a log.
log_format unamentis escape=json '{"time":"$time_iso8601","address":"$remote_addr","method":"$request_method",'
    '"path":"$uri","status":"$status","bytes":"$bytes_sent","seconds":"$request_time","half":"$unamentis_half"}';

# A class of thirty behind one address opens a page; the services count by person and tenant.
limit_req_zone $binary_remote_addr zone=unamentis_requests:10m rate=50r/s;
limit_conn_zone $binary_remote_addr zone=unamentis_lines:10m;
"""


def expression(path: str) -> str:
    """Return a template's path as nginx's map takes it; `{name}` is one segment, `{name+}` all that follow."""
    if "{" not in path:
        return path
    parts = (
        ".+" if part.endswith("+}") else "[^/]+" if part.startswith("{") else re.escape(part).replace("\\-", "-")
        for part in path.split("/")
    )
    return f"~^{'/'.join(parts)}$"


def written() -> str:
    """Return the file as it is kept in the repository."""
    lines = [f"    {expression(path)} unamentis_core;\n" for path in core_paths()]
    return _HEAD + "".join(lines) + _TAIL


def main() -> None:
    """Print it."""
    sys.stdout.write(written())


if __name__ == "__main__":
    main()
