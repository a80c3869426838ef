"""The Helm chart, rendered by Helm's own library: valid to Kubernetes, and in step with the code."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.settings import read_settings
from infra.aws.package import find_uv
from infra.local.server import ROOT
from infra.server.__main__ import COMMANDS
from infra.server.serving import API_PATIENCE_S
from tests.docs.test_settings import documented
from tests.support.dockerfile import environment, stages
from tests.support.nginx import found, half_of, parsed

CHART = ROOT / "infra" / "helm" / "unamentis"
FINAL = stages(ROOT / "Dockerfile")[-1]
PORT = int(environment(FINAL)["UNAMENTIS_PORT"])
EVERYTHING: dict[str, Any] = yaml.safe_load((CHART / "ci" / "everything.yaml").read_text())
# What may not be said: each with a word of what Helm tells.
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"api": {"replicas": 0}}, "minimum"),
    ({"image": {"tag": "latest"}}, "tag"),
    ({"image": {"digest": "sha256:1"}}, "pattern"),
    ({"objects": {"fromSecret": False, "url": ""}}, "objects"),
    ({"objects": {"fromSecret": True, "url": "s3://x"}}, "objects"),
    ({"settings": {"DATABASE_URL": "postgresql://owner:secret@x/y"}}, "DATABASE_URL"),
    ({"replicaCount": 3}, "replicaCount"),
]
Rendered = dict[str, Any]


@pytest.fixture(scope="module")
def charts() -> Path:
    """The Python of an environment of its own: Helm and Kubernetes' schemas are large."""
    uv = find_uv()
    assert uv is not None, "the launcher installs uv"
    home = ROOT / ".unamentis" / "charts"
    settings = os.environ | {"UV_PROJECT_ENVIRONMENT": str(home), "UV_PYTHON_DOWNLOADS": "never"}
    settings.pop("VIRTUAL_ENV", None)
    command = [uv, "sync", "-q", "--frozen", "--only-group", "charts", "--python", sys.executable]
    subprocess.run(command, cwd=ROOT, env=settings, check=True)
    return home / "bin" / "python"


@pytest.fixture(scope="module")
def rendered(charts: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Rendered]:
    """What the chart makes of its own values, of every feature at once, and of each that is refused."""
    folder = tmp_path_factory.mktemp("values")
    files: list[str] = []
    for number, values in enumerate([{}, EVERYTHING, *(values for values, _ in REFUSED)]):
        files.append(str(folder / f"{number}.json"))
        Path(files[-1]).write_text(json.dumps(values))
    script = Path(__file__).parents[1] / "support" / "chart_renderer.py"
    done = subprocess.run([charts, script, CHART, *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(params=["default", "everything"])
def chart(request: pytest.FixtureRequest, rendered: list[Rendered]) -> Rendered:
    return rendered[["default", "everything"].index(request.param)]


def of(chart: Rendered, kind: str, part: str = "") -> dict[str, Any]:
    (one,) = [d for d in chart["documents"] if d["kind"] == kind and d["metadata"]["name"].endswith(part)]
    return one


def pods(chart: Rendered) -> dict[str, dict[str, Any]]:
    """Return the pod of each part."""
    made = [d for d in chart["documents"] if d["kind"] in {"Deployment", "Job"}]
    return {d["metadata"]["name"].rpartition("-")[2]: d["spec"]["template"] for d in made}


def test_helm_and_kubernetes_find_nothing(chart: Rendered) -> None:
    assert chart["lint"] == []
    assert chart["invalid"] == []
    assert {d["kind"] for d in chart["documents"]} >= {
        "ConfigMap",
        "Deployment",
        "HorizontalPodAutoscaler",
        "Job",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "Service",
        "ServiceAccount",
    }


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_values_that_cannot_work_are_refused(rendered: list[Rendered], number: int) -> None:
    assert REFUSED[number][1] in rendered[2 + number].get("refused", "it was accepted")


def test_every_pod_is_nobody_and_writes_nowhere(chart: Rendered) -> None:
    user = int(next(one.words()[0] for one in FINAL if one.name == "USER").split(":")[0])
    assert set(pods(chart)) == {"api", "core", "front", "migrate"}
    for part, pod in pods(chart).items():
        spec = pod["spec"]
        assert not spec["automountServiceAccountToken"], part
        security = spec["securityContext"]
        assert security["runAsNonRoot"], part
        assert security["runAsUser"] == (101 if part == "front" else user)
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        (container,) = spec["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "privileged": False,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {"cpu", "memory"} <= set(container["resources"]["requests"])
        assert "memory" in container["resources"]["limits"]
        assert not container["image"].endswith(":latest")
        mounts = {mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")}
        assert mounts == ({"/data", "/tmp"} if part in {"api", "core"} else {"/tmp"})  # noqa: S108  the container's
        assert all("sizeLimit" in volume.get("emptyDir", {"sizeLimit": 0}) for volume in spec["volumes"])
    assert not of(chart, "ServiceAccount")["automountServiceAccountToken"]


def test_commands_ports_and_probes_are_the_entry_points(chart: Rendered) -> None:
    for part, pod in pods(chart).items():
        (container,) = pod["spec"]["containers"]
        if part == "front":
            continue
        assert container["args"] == [part]
        assert part in COMMANDS
        assert "command" not in container, "the image's entry point"
        if part == "migrate":
            continue
        assert [port["containerPort"] for port in container["ports"]] == [PORT]
        assert of(chart, "Service", f"-{part}")["spec"]["ports"][0]["port"] == PORT
        for probe in ("startupProbe", "readinessProbe"):
            assert container[probe]["httpGet"] == {"path": "/ready", "port": "http"}
        assert container["livenessProbe"]["tcpSocket"] == {"port": "http"}


def test_a_pod_has_time_to_end_its_sentences(chart: Rendered) -> None:
    environ = {"DATABASE_URL": "x", "UNAMENTIS_SECRET": "A" * 44}
    settings = {name: str(value) for name, value in EVERYTHING["settings"].items() if name == "UNAMENTIS_DRAIN_S"}
    longest = read_settings(environ | settings).voice.drain_s
    for part, needed in (("api", API_PATIENCE_S), ("core", longest + 2)):
        spec = pods(chart)[part]["spec"]
        asleep = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
        assert spec["terminationGracePeriodSeconds"] > asleep + needed
    assert pods(chart)["front"]["spec"]["terminationGracePeriodSeconds"] >= longest


def test_variables_are_settings_and_secrets_come_by_reference(chart: Rendered) -> None:
    known = documented()
    for part, pod in pods(chart).items():
        variables = {entry["name"]: entry for entry in pod["spec"]["containers"][0].get("env", [])}
        assert set(variables) <= known
        for name in ("DATABASE_URL", "MIGRATION_DATABASE_URL", "UNAMENTIS_SECRET"):
            assert "secretKeyRef" in variables.get(name, {"valueFrom": {"secretKeyRef": {}}})["valueFrom"]
        assert ("MIGRATION_DATABASE_URL" in variables) == (part == "migrate")
        if part in {"api", "core"}:
            given = {name: entry.get("value", "A" * 44) for name, entry in variables.items()}
            assert read_settings(environment(FINAL) | given).address.port == PORT


def test_migrations_come_first_and_stop_an_upgrade(chart: Rendered) -> None:
    job = of(chart, "Job")
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert job["spec"]["template"]["spec"]["restartPolicy"] == "Never"
    policy = of(chart, "NetworkPolicy", "-migrate")
    assert int(policy["metadata"]["annotations"]["helm.sh/hook-weight"]) < 0, "before the job"
    # Neither exists before the first installation.
    assert "serviceAccountName" not in job["spec"]["template"]["spec"]


def test_several_voice_processes_serve_and_leave_one_at_a_time(chart: Rendered) -> None:
    scaled = [d for d in chart["documents"] if d["kind"] == "HorizontalPodAutoscaler"]
    for part in ("api", "core"):
        deployment = of(chart, "Deployment", f"-{part}")
        scalers = [d for d in scaled if d["spec"]["scaleTargetRef"]["name"] == deployment["metadata"]["name"]]
        least = scalers[0]["spec"]["minReplicas"] if scalers else deployment["spec"]["replicas"]
        assert least >= 2
        assert bool(scalers) != ("replicas" in deployment["spec"])
        budget = of(chart, "PodDisruptionBudget", f"-{part}")
        assert budget["spec"]["maxUnavailable"] == 1
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        for selector in (deployment["spec"]["selector"], budget["spec"]["selector"]):
            assert selector["matchLabels"].items() <= labels.items()


def test_only_the_front_reaches_the_halves(chart: Rendered) -> None:
    front = pods(chart)["front"]["metadata"]["labels"]
    for part in ("api", "core"):
        policy = of(chart, "NetworkPolicy", f"-{part}")["spec"]
        ((way,), (port,)) = policy["ingress"][0]["from"], policy["ingress"][0]["ports"]
        assert way["podSelector"]["matchLabels"].items() <= front.items()
        assert port["port"] == "http"
        assert set(policy["policyTypes"]) == {"Ingress", "Egress"}
    assert of(chart, "NetworkPolicy", "-migrate")["spec"]["ingress"] == []


def test_the_front_knows_the_way(chart: Rendered, tmp_path: Path) -> None:
    for name, text in of(chart, "ConfigMap")["data"].items():
        (tmp_path / name).write_text(text)
    configuration = parsed(tmp_path / "nginx.conf", tmp_path)
    assert half_of("/ws/audio", configuration) == "unamentis_core"
    assert half_of("/api/auth/login", configuration) == "unamentis_api"
    for name in ("halves.conf", "proxy.conf"):
        original = (ROOT / "infra" / "nginx" / name).read_bytes()
        assert (
            hashlib.sha256((tmp_path / name).read_bytes().strip()).digest() == hashlib.sha256(original.strip()).digest()
        )
    names = {one["args"][0]: found(one["block"], "server")[0]["args"][0] for one in found(configuration, "upstream")}
    services = [d["metadata"]["name"] for d in chart["documents"] if d["kind"] == "Service"]
    for half, target in names.items():
        assert target.partition(":")[0] in services
        assert target.endswith(f"-{half.removeprefix('unamentis_')}:{PORT}")
