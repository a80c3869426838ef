import os
import sys
from pathlib import Path

import pytest

from infra.local import bootstrap

DISK_FULL = "error: Failed to install: numpy-2.3.5.whl\n  Caused by: No space left on device (os error 28)\n"
NO_COMPILER = """Resolved 61 packages in 4ms
  x Failed to build `pocketsphinx==5.1.1`
  The build backend returned an error
      CMake Error: CMAKE_C_COMPILER not set, after EnableLanguage
"""
NO_NETWORK = """error: Failed to fetch: `https://files.pythonhosted.org/packages/xy/aiohttp.whl`
  Caused by: error sending request for url (https://files.pythonhosted.org/packages/xy/aiohttp.whl)
  Caused by: client error (Connect)
  Caused by: dns error: failed to lookup address information: Temporary failure in name resolution
"""
NO_NETWORK_PIP = """WARNING: Retrying after connection broken by 'ProxyError('Cannot connect to proxy.')'
ERROR: Could not find a version that satisfies the requirement uv==0.13.8 (from versions: none)
ERROR: No matching distribution found for uv==0.13.8
"""
UNKNOWN_AUTHORITY = """error: Failed to fetch: `https://files.pythonhosted.org/packages/xy/aiohttp.whl`
  Caused by: invalid peer certificate: UnknownIssuer
"""
READ_ONLY = "[Errno 30] Read-only file system: '/opt/unamentis/.unamentis' /opt/unamentis/.unamentis"


@pytest.mark.parametrize(
    ("output", "told"),
    [
        (DISK_FULL, "the disk is full"),
        (NO_COMPILER, "no ready-made pocketsphinx for Python 3"),
        (NO_NETWORK, "the package index (pypi.org) does not answer"),
        (NO_NETWORK_PIP, "the package index (pypi.org) does not answer"),
        (UNKNOWN_AUTHORITY, "set SSL_CERT_FILE"),
        (READ_ONLY, "cannot write to"),
        ("warning: odd\nerror: the lock is broken\n", "error: the lock is broken"),
        ("", "the installer said nothing"),
    ],
)
def test_a_failed_installation_is_told_in_one_line(output: str, told: str) -> None:
    line = bootstrap.explain(output)
    assert told in line
    assert "\n" not in line


def test_the_certificates_pip_trusts_are_trusted_by_uv() -> None:
    assert bootstrap.uv_settings({"PIP_CERT": "/etc/ca.pem", "HOME": "/"})["SSL_CERT_FILE"] == "/etc/ca.pem"
    settings = bootstrap.uv_settings({"PIP_CERT": "/etc/ca.pem", "SSL_CERT_FILE": "/etc/own.pem", "HOME": "/"})
    assert settings["SSL_CERT_FILE"] == "/etc/own.pem"


def test_a_user_without_a_home_keeps_packages_in_the_checkout() -> None:
    assert bootstrap.uv_settings({})["UV_CACHE_DIR"] == str(bootstrap.STATE / "package-cache")
    assert "UV_CACHE_DIR" not in bootstrap.uv_settings({"UV_CACHE_DIR": "/var/cache/uv"})


def test_an_environment_of_another_python_is_recognised(tmp_path: Path) -> None:
    ours = f"{sys.version_info.major}.{sys.version_info.minor}"
    (tmp_path / "pyvenv.cfg").write_text(f"home = /usr/bin\nversion_info = {ours}.7\n")
    assert bootstrap.made_by_this_python(tmp_path)
    (tmp_path / "pyvenv.cfg").write_text("home = /usr/bin\nversion_info = 3.1.7\n")
    assert not bootstrap.made_by_this_python(tmp_path)


def test_the_output_of_an_installer_is_kept_and_its_status_returned(capfd: pytest.CaptureFixture[str]) -> None:
    bootstrap.STATE.mkdir(exist_ok=True)
    program = "print('Downloading numpy (15.0MiB)'); print('detail'); raise SystemExit(3)"
    status, output = bootstrap.run([sys.executable, "-c", program], os.environ)
    assert (status, output) == (3, "Downloading numpy (15.0MiB)\ndetail\n")
    assert capfd.readouterr().err == "  Downloading numpy (15.0MiB)\n"
