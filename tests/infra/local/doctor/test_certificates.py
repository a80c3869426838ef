"""Certificates of a server on loopback: how long they last, and whether anybody vouches for them."""

import ipaddress
import socket
import ssl
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from infra.local.doctor.certificates import check


def certificate(path: Path, *, days: float) -> Path:
    """Write a key and a certificate of 127.0.0.1 that lasts for some days."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@contextmanager
def serving(pem: Path) -> Generator[str]:
    """Shake hands with one client."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def shake() -> None:
            client, _ = listener.accept()
            with suppress(OSError), context.wrap_socket(client, server_side=True) as secure:
                secure.recv(1)

        thread = Thread(target=shake)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}/console"
        thread.join()


@pytest.mark.parametrize(
    ("days", "state", "told"), [(90, "ok", "89 days"), (14, "warning", "13 days"), (3, "failed", "2 days")]
)
def test_how_long_it_lasts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, state: str, told: str) -> None:
    pem = certificate(tmp_path / "server.pem", days=days)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with serving(pem) as url:
        (finding,) = check(url)
    assert (finding.state, told in finding.told) == (state, True), finding.told


def test_one_that_has_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pem = certificate(tmp_path / "server.pem", days=-1)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with serving(pem) as url:
        (finding,) = check(url)
    assert (finding.state, finding.told) == ("failed", "127.0.0.1: certificate has expired")


def test_one_that_nobody_vouches_for(tmp_path: Path) -> None:
    with serving(certificate(tmp_path / "server.pem", days=90)) as url:
        (finding,) = check(url)
    assert (finding.state, "self-signed certificate" in finding.told.replace("self signed", "self-signed")) == (
        "failed",
        True,
    )


def test_an_address_without_one() -> None:
    assert list(check("http://127.0.0.1:8766")) == []
