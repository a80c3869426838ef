"""What a month costs, computed from the templates as a tier makes them and from prices.json."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from infra.aws.stacks import COMPLETE, Document, Stack, render

HOURS: Final = 730
TIERS: Final = ("beta", "production")
PRICES: Final = Path(__file__).with_name("prices.json")
# What AWS gives every account for nothing, each month.
FREE_ALARMS, FREE_METRICS, FREE_DASHBOARDS, FREE_LOG_GB, FREE_EGRESS_GB, FREE_SQS = 10, 10, 3, 5, 100, 1_000_000
# What a turn writes for CloudWatch to count: its stages and itself, over all and by outcome.
# Source: core/observability/emf.py; tests/infra/aws/test_cost.py counts again.
TURN_METRICS: Final = 48
# Sessions that a quarter of a CPU holds, for choosing how many tasks a number of users needs; see Usage.at_once.
SESSIONS_PER_CPU: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What people do, on average; every figure is an assumption that the bill prints."""

    users: int
    days: int = 30
    voice_minutes: float = 20
    api_requests: int = 200
    # Of a day's minutes, how many fall into its busiest hour.
    busiest_hour: float = 0.15
    lambda_ms: int = 80
    log_kb: float = 1.5
    # To the Internet, Opus; raw PCM would be eight times as much.
    egress_gb: float = 0.15
    jobs: int = 20

    @property
    def requests(self) -> int:
        """API requests in the month."""
        return self.users * self.api_requests * self.days

    @property
    def at_once(self) -> int:
        """Sessions in the busiest hour at once."""
        return math.ceil(self.users * self.voice_minutes * self.busiest_hour / 60)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a bill; `fixed` is due without a single user."""

    what: str
    usd: float
    fixed: bool
    how: str


@dataclass(frozen=True, slots=True)
class Bill:
    """A month, without AI vendors."""

    tier: str
    usage: Usage
    tasks: int
    lines: tuple[Line, ...]

    @property
    def fixed(self) -> float:
        """What is due without a single user."""
        return sum(line.usd for line in self.lines if line.fixed)

    @property
    def total(self) -> float:
        """Everything."""
        return sum(line.usd for line in self.lines)


def read_prices(file: Path = PRICES) -> dict[str, float]:
    """Return US dollars by id of the price."""
    return {row["id"]: float(row["usd"]) for row in json.loads(file.read_text(encoding="utf-8"))["prices"]}


def month(
    tier: str,
    users: int,
    *,
    capacity: str = "default",
    process: Callable[[Document], Document] | None = None,
) -> Bill:
    """Compute a month of a tier for a number of users.

    The voice service gets as many tasks as their busiest hour needs, and at least the tier's own.
    Args: capacity: of the voice service: default (the tier's), spot, ondemand or mixed. process: as in `render`.
    """
    usage = Usage(users=users)
    parameters = {**COMPLETE, "Tier": tier, "CoreCapacity": capacity}
    stacks = render(parameters, process=process)
    own = int(stacks["Core"].parameters["Tasks"])
    needed = math.ceil(usage.at_once / (SESSIONS_PER_CPU * int(stacks["Core"].parameters["Cpu"]) / 1024))
    if needed > own:
        stacks = render({**parameters, "CoreTasks": needed}, process=process)
    prices = read_prices()
    lines = [*_fixed(stacks, prices), *_used(stacks, usage, prices)]
    return Bill(tier, usage, max(own, needed), tuple(lines))


def beside(bill: Bill) -> Bill:
    """Return the same month with a NAT gateway, a load balancer and a REST API, as such systems are often drawn."""
    prices, usage = read_prices(), bill.usage
    gb = usage.users * usage.egress_gb
    busy = usage.at_once / 3_000
    kept = [line for line in bill.lines if line.what not in {"public addresses", "load balancer", "API Gateway"}]
    rest = usage.requests / 1e6 * prices["apigw.rest"]
    added = [
        _due("NAT gateway", HOURS * prices["nat.hour"] + gb * prices["nat.gb"], "one zone"),
        _due("load balancer", HOURS * (prices["alb.hour"] + busy * prices["alb.lcu"]), "one"),
        _due("public addresses", 3 * HOURS * prices["ipv4.public"], "NAT gateway 1, load balancer 2"),
        _used_up("API Gateway", rest, "REST API"),
    ]
    return Bill(bill.tier, usage, bill.tasks, (*kept, *added))


def _due(what: str, usd: float, how: str) -> Line:
    return Line(what, usd, fixed=True, how=how)


def _used_up(what: str, usd: float, how: str) -> Line:
    return Line(what, usd, fixed=False, how=how)


def _of(stacks: Mapping[str, Stack], kind: str) -> list[dict[str, Any]]:
    return [r.get("Properties", {}) for s in stacks.values() for r in s.resources.values() if r["Type"] == kind]


def _fixed(stacks: Mapping[str, Stack], prices: Mapping[str, float]) -> list[Line]:
    lines = [*_database(stacks, prices), *_voice_service(stacks, prices)]
    if balancers := len(_of(stacks, "AWS::ElasticLoadBalancingV2::LoadBalancer")):
        lines.append(_due("load balancer", balancers * HOURS * prices["alb.hour"], "before what it carries"))
    if gateways := len(_of(stacks, "AWS::EC2::NatGateway")):
        lines.append(_due("NAT gateway", gateways * HOURS * prices["nat.hour"], f"{gateways}"))
    secrets = len(_of(stacks, "AWS::SecretsManager::Secret"))
    lines.append(_due("secrets", secrets * prices["secretsmanager.secret"], f"{secrets}"))
    alarms = sum(
        len([m for m in alarm.get("Metrics", []) if "MetricStat" in m]) or 1
        for alarm in _of(stacks, "AWS::CloudWatch::Alarm")
    )
    paid = max(0, alarms - FREE_ALARMS)
    lines.append(_due("alarms", paid * prices["cw.alarm"], f"{alarms} metrics watched, {FREE_ALARMS} free"))
    dashboards = max(0, len(_of(stacks, "AWS::CloudWatch::Dashboard")) - FREE_DASHBOARDS)
    lines.append(_due("dashboards", dashboards * prices["cw.dashboard"], f"{FREE_DASHBOARDS} free"))
    metrics = len(_of(stacks, "AWS::Logs::MetricFilter"))
    metrics += TURN_METRICS if stacks["Core"].parameters["TurnMetrics"] == "true" else 0
    paid = max(0, metrics - FREE_METRICS)
    lines.append(_due("metrics of our own", paid * prices["cw.metric"], f"{metrics}, {FREE_METRICS} free"))
    lines.append(_due("images", 0.7 * prices["ecr.storage"], "0.7 GB in the registry"))
    return lines


def _database(stacks: Mapping[str, Stack], prices: Mapping[str, float]) -> list[Line]:
    lines: list[Line] = []
    for database in _of(stacks, "AWS::RDS::DBInstance"):
        zones = 2 if str(database["MultiAZ"]).lower() == "true" else 1
        kind, gb = str(database["DBInstanceClass"]), int(database["AllocatedStorage"])
        hourly = prices[f"rds.{kind.removeprefix('db.')}"]
        lines.append(_due("database", zones * HOURS * hourly, f"{kind}, zones: {zones}"))
        lines.append(_due("database's disk", zones * gb * prices["rds.gp3"], f"{gb} GB, zones: {zones}"))
    return lines


def _voice_service(stacks: Mapping[str, Stack], prices: Mapping[str, float]) -> list[Line]:
    """Return the tasks and their addresses; the fallback service counts as at rest."""
    (task,) = _of(stacks, "AWS::ECS::TaskDefinition")
    cpu, gb = int(task["Cpu"]) / 1024, int(task["Memory"]) / 1024
    lines: list[Line] = []
    addresses = 2 * len(_of(stacks, "AWS::ElasticLoadBalancingV2::LoadBalancer"))
    for service in _of(stacks, "AWS::ECS::Service"):
        tasks = int(service.get("DesiredCount", 0))
        if service["NetworkConfiguration"]["AwsvpcConfiguration"]["AssignPublicIp"] == "ENABLED":
            addresses += tasks
        providers = {entry["CapacityProvider"]: entry for entry in service["CapacityProviderStrategy"]}
        steady = int(providers.get("FARGATE", {}).get("Base", 0)) if "FARGATE_SPOT" in providers else tasks
        for count, price, name in ((steady, "fargate", "on demand"), (tasks - steady, "fargate_spot", "Spot")):
            if count > 0:
                hourly = cpu * prices[f"{price}.arm.vcpu"] + gb * prices[f"{price}.arm.gb"]
                how = f"{count} x {cpu:g} CPU, {gb:g} GB"
                lines.append(_due(f"voice service, {name}", count * HOURS * hourly, how))
    lines.append(_due("public addresses", addresses * HOURS * prices["ipv4.public"], f"{addresses}"))
    return lines


def _used(stacks: Mapping[str, Stack], usage: Usage, prices: Mapping[str, float]) -> list[Line]:
    functions = _of(stacks, "AWS::Serverless::Function") or _of(stacks, "AWS::Lambda::Function")
    memory_gb = max(int(function["MemorySize"]) for function in _with_globals(functions)) / 1024
    seconds = usage.requests * usage.lambda_ms / 1000 * memory_gb
    calls = max(0.0, usage.requests - prices["lambda.free.requests"]) / 1e6 * prices["lambda.requests"]
    compute = max(0.0, seconds - prices["lambda.free.gbs"]) * prices["lambda.gbs.arm64"]
    logs_gb = max(0.0, usage.requests * usage.log_kb / 1e6 - FREE_LOG_GB)
    egress_gb = max(0.0, usage.users * usage.egress_gb - FREE_EGRESS_GB)
    messages = max(0, usage.users * usage.jobs * 3 - FREE_SQS) / 1e6
    lines = [
        _used_up("API Gateway", usage.requests / 1e6 * prices["apigw.http"], f"{usage.requests:,} requests"),
        _used_up("functions", calls + compute, f"{usage.lambda_ms} ms at {memory_gb:g} GB each"),
        _used_up("logs", logs_gb * prices["cw.logs.ingest"], f"{usage.log_kb:g} KB a request, {FREE_LOG_GB} GB free"),
        _used_up("traffic out", egress_gb * prices["egress.gb"], f"{FREE_EGRESS_GB} GB free"),
        _used_up("queue", messages * prices["sqs.standard"], "1,000,000 calls free"),
        _used_up("objects", usage.users * 0.02 * prices["s3.storage"], "20 MB a user"),
        _edge(usage, prices),
    ]
    if _of(stacks, "AWS::ElasticLoadBalancingV2::LoadBalancer"):
        units = HOURS * usage.at_once / 3_000 * prices["alb.lcu"]
        lines.append(_used_up("load balancer's load", units, f"{usage.at_once} sockets at once at most"))
    return lines


def _edge(usage: Usage, prices: Mapping[str, float]) -> Line:
    # The Worker sees every API request; the web apps' files are served without being counted.
    daily = usage.requests / usage.days
    if daily < prices["cf.workers.free"]:
        return _used_up("Cloudflare", 0, f"free below {prices['cf.workers.free']:,.0f} requests a day")
    more = max(0.0, usage.requests / 1e6 - 10) * prices["cf.workers.paid.requests"]
    return _used_up("Cloudflare", prices["cf.workers.paid.base"] + more, "Workers Paid")


def _with_globals(functions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give functions that are still SAM's the memory that its globals give them."""
    from infra.local.template import read_template

    memory = read_template(Path(__file__).with_name("api.yaml"))["Globals"]["Function"]["MemorySize"]
    return [{"MemorySize": memory, **function} for function in functions]
