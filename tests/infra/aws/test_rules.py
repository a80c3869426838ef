"""Our own rules for what is deployed, over both tiers: what nobody's linter knows."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.aws.stacks import COMPLETE, Stack, render
from infra.local.template import read_template

ROOT = Path(__file__).resolve().parents[3]
TIERS = {tier: render({"Tier": tier, **COMPLETE}) for tier in ("beta", "production")}
# AWS names no resource for these: attaching to a subnet, and signing in to the registry.
MAY_NAME_EVERYTHING = {("Api", "NetworkPolicy"), ("Core", "StartRole")}
# Names that end in *: the streams of one log group, the objects of one bucket, the senders that are verified.
MAY_END_OPEN = (
    r"\$\{\w+\.\w+Log\.Arn\}:\*",
    r"arn:aws:s3:::\$\{Data\.Objects\}/(tenants/\*/assets/)?\*",
    r"arn:aws:ses:us-east-1:123456789012:identity/\*",
)
# max_connections of the class by AWS's formula, less the five PostgreSQL and RDS keep for themselves. Source:
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html
CONNECTIONS = {"db.t4g.micro": 102, "db.t4g.small": 209}
# Beside its pool: six for jobs, two that listen for news, and one to spare.
CONNECTIONS_BESIDE_POOL = 9


@pytest.fixture(params=list(TIERS))
def stacks(request: pytest.FixtureRequest) -> dict[str, Stack]:
    return TIERS[request.param]


def resources(stacks: dict[str, Stack], *kinds: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every resource of these types: its stack, its logical id and its properties."""
    for stack in stacks.values():
        for name, resource in stack.resources.items():
            if resource["Type"] in kinds:
                yield stack.name, name, resource.get("Properties", {})


def one(stacks: dict[str, Stack], kind: str) -> dict[str, Any]:
    ((_, _, properties),) = resources(stacks, kind)
    return properties


def ingress(stacks: dict[str, Stack]) -> Iterator[tuple[str, dict[str, Any]]]:
    for _, _, properties in resources(stacks, "AWS::EC2::SecurityGroupIngress"):
        yield properties["GroupId"], properties
    for stack, name, properties in resources(stacks, "AWS::EC2::SecurityGroup"):
        for rule in properties.get("SecurityGroupIngress", []):
            yield f"${{{stack}.{name}}}", rule


def test_nobody_gets_in_from_the_internet(stacks: dict[str, Stack]) -> None:
    for group, rule in ingress(stacks):
        sources = {key for key in rule if key.startswith(("Cidr", "Source"))}
        if group == "${Network.BalancerSecurityGroup}":
            assert (sources, rule["SourcePrefixListId"]) == ({"SourcePrefixListId"}, "${Network.CloudflareAddresses}")
        else:
            assert sources == {"SourceSecurityGroupId"}


def test_without_a_balancer_nothing_reaches_the_voice_service() -> None:
    groups = [group for group, _ in ingress(TIERS["beta"])]
    assert set(groups) == {"${Network.DatabaseSecurityGroup}"}
    assert not list(resources(TIERS["beta"], "AWS::ElasticLoadBalancingV2::LoadBalancer"))


def test_the_database_has_no_way_in_or_out_but_ours(stacks: dict[str, Stack]) -> None:
    assert one(stacks, "AWS::RDS::DBInstance")["PubliclyAccessible"] is False
    routed = {properties["RouteTableId"] for _, _, properties in resources(stacks, "AWS::EC2::Route")}
    assert routed == {"${Network.PublicRoutes}", "${Network.PrivateRoutes}"}
    assert one(stacks, "AWS::RDS::DBParameterGroup")["Parameters"]["rds.force_ssl"] == "1"


def test_there_is_no_nat_gateway_and_no_paid_endpoint(stacks: dict[str, Stack]) -> None:
    assert not list(resources(stacks, "AWS::EC2::NatGateway", "AWS::EC2::EIP"))
    assert one(stacks, "AWS::EC2::VPCEndpoint")["VpcEndpointType"] == "Gateway"


def test_only_443_may_leave_to_everywhere(stacks: dict[str, Stack]) -> None:
    for _, _, properties in resources(stacks, "AWS::EC2::SecurityGroup"):
        for rule in properties["SecurityGroupEgress"]:
            if "0.0.0.0/0" in rule.values() or "::/0" in rule.values():
                assert (rule["FromPort"], rule["ToPort"]) == (443, 443)


def test_the_api_answers_by_its_own_name_and_a_certificate_only(stacks: dict[str, Stack]) -> None:
    assert one(stacks, "AWS::Serverless::HttpApi")["DisableExecuteApiEndpoint"] is True
    domain = one(stacks, "AWS::ApiGatewayV2::DomainName")
    assert domain["MutualTlsAuthentication"]["TruststoreUri"] == "s3://${Data.Truststore}/truststore.pem"
    for _, _, listener in resources(stacks, "AWS::ElasticLoadBalancingV2::Listener"):
        assert listener["MutualAuthentication"]["Mode"] == "verify"


def test_the_api_is_throttled_and_its_log_holds_no_token(stacks: dict[str, Stack]) -> None:
    api = one(stacks, "AWS::Serverless::HttpApi")
    assert float(api["DefaultRouteSettings"]["ThrottlingRateLimit"]) > 0
    written = set(re.findall(r"\$context\.[\w.]+", api["AccessLogSettings"]["Format"]))
    assert written
    assert not [name for name in written if re.search("header|query|authorizer", name, re.IGNORECASE)]


def statements(stacks: dict[str, Stack]) -> Iterator[tuple[tuple[str, str], list[str], list[str]]]:
    """Every statement that allows something to an identity: where it stands, its actions and what it names."""
    for stack, name, properties in resources(stacks, "AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        documents = [properties["PolicyDocument"]] if "PolicyDocument" in properties else []
        documents += [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
        for statement in (s for document in documents for s in document["Statement"]):
            assert "NotAction" not in statement
            assert "NotResource" not in statement
            named = [statement[key] for key in ("Action", "Resource")]
            actions, targets = ([item] if isinstance(item, str) else item for item in named)
            yield (stack, name), actions, targets


def test_rights_name_what_they_are_for(stacks: dict[str, Stack]) -> None:
    everything = {place for place, _, targets in statements(stacks) if "*" in targets}
    assert everything == MAY_NAME_EVERYTHING
    assert [action for _, actions, _ in statements(stacks) for action in actions if "*" in action] == []
    open_ended = {target for _, _, targets in statements(stacks) for target in targets if "*" in target} - {"*"}
    assert [target for target in open_ended if not any(re.fullmatch(p, target) for p in MAY_END_OPEN)] == []


def test_each_function_and_task_has_a_role_and_a_log_of_its_own(stacks: dict[str, Stack]) -> None:
    functions = [properties for _, _, properties in resources(stacks, "AWS::Serverless::Function")]
    assert len({function["Role"] for function in functions}) == len(functions)
    assert len({function["LoggingConfig"]["LogGroup"] for function in functions}) == len(functions)
    task = one(stacks, "AWS::ECS::TaskDefinition")
    assert task["TaskRoleArn"] != task["ExecutionRoleArn"]
    assert not list(resources(stacks, "AWS::IAM::User", "AWS::IAM::AccessKey"))


def test_what_the_voice_service_may_do_is_this_and_no_more(stacks: dict[str, Stack]) -> None:
    allowed = {
        action for place, actions, _ in statements(stacks) if place == ("Core", "CoreRole") for action in actions
    }
    assert {action for action in allowed if not action.startswith("sqs:")} == {
        "s3:GetObject",
        "s3:PutObject",
        "s3:DeleteObject",
        "s3:ListBucket",
        "ses:SendEmail",
        "ses:SendRawEmail",
    }
    assert not {"sqs:PurgeQueue", "sqs:DeleteQueue", "sqs:SetQueueAttributes"} & allowed


def test_a_task_starts_with_the_secrets_its_containers_name(stacks: dict[str, Stack]) -> None:
    task = one(stacks, "AWS::ECS::TaskDefinition")
    named = {s["ValueFrom"].partition(":")[0] for c in task["ContainerDefinitions"] for s in c.get("Secrets", [])}
    readable = {
        target
        for place, actions, targets in statements(stacks)
        if place == ("Core", "StartRole") and "secretsmanager:GetSecretValue" in actions
        for target in targets
    }
    assert named == readable
    plain = {pair["Name"] for container in task["ContainerDefinitions"] for pair in container["Environment"]}
    assert not [name for name in plain if re.search("KEY|TOKEN|PASSWORD|SECRETS?$", name)]


def test_connections_fit_the_database(stacks: dict[str, Stack]) -> None:
    reserved = [int(f["ReservedConcurrentExecutions"]) for _, _, f in resources(stacks, "AWS::Serverless::Function")]
    core = next(c for c in one(stacks, "AWS::ECS::TaskDefinition")["ContainerDefinitions"] if c["Name"] == "core")
    environment = {pair["Name"]: pair["Value"] for pair in core["Environment"]}
    each = int(environment["UNAMENTIS_DATABASE_POOL"]) + CONNECTIONS_BESIDE_POOL
    services = [properties for _, _, properties in resources(stacks, "AWS::ECS::Service")]
    tasks = int(stacks["Core"].parameters["Tasks"])
    # A deploy has the old and the new tasks of each service at once.
    most = tasks * 2 * len(services)
    needed = sum(reserved) + most * each
    told = int(stacks["Observability"].parameters["DatabaseConnections"])
    database = one(stacks, "AWS::RDS::DBInstance")
    assert needed <= told < CONNECTIONS[database["DBInstanceClass"]]


def test_a_task_ends_in_good_order_within_spots_notice() -> None:
    containers = {c["Name"]: c for c in one(TIERS["beta"], "AWS::ECS::TaskDefinition")["ContainerDefinitions"]}
    assert sum(container["StopTimeout"] for container in containers.values()) <= 120
    # Containers stop in the reverse order of their dependencies: the voice service first, its tunnel last.
    assert [d["ContainerName"] for d in containers["core"]["DependsOn"]] == ["tunnel"]
    assert "DependsOn" not in containers["tunnel"]
    grace = {pair["Name"]: pair["Value"] for pair in containers["tunnel"]["Environment"]}["TUNNEL_GRACE_PERIOD"]
    assert int(grace.removesuffix("s")) < containers["tunnel"]["StopTimeout"]


def test_a_balancer_lets_go_within_spots_notice() -> None:
    group = one(TIERS["production"], "AWS::ElasticLoadBalancingV2::TargetGroup")
    attributes = {pair["Key"]: pair["Value"] for pair in group["TargetGroupAttributes"]}
    assert int(attributes["deregistration_delay.timeout_seconds"]) < 120
    (core,) = one(TIERS["production"], "AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    assert core["StopTimeout"] <= 120
    assert "DependsOn" not in core


def test_containers_cannot_change_themselves(stacks: dict[str, Stack]) -> None:
    for container in one(stacks, "AWS::ECS::TaskDefinition")["ContainerDefinitions"]:
        assert container["ReadonlyRootFilesystem"] is True
        assert container["HealthCheck"]["StartPeriod"] > 0
        assert container.get("Privileged", False) is False


def test_a_deploy_that_fails_goes_back(stacks: dict[str, Stack]) -> None:
    for _, _, service in resources(stacks, "AWS::ECS::Service"):
        assert service["DeploymentConfiguration"] == {
            "MinimumHealthyPercent": 100,
            "MaximumPercent": 200,
            "DeploymentCircuitBreaker": {"Enable": True, "Rollback": True},
        }


def test_spot_has_a_fallback_and_only_spot(stacks: dict[str, Stack]) -> None:
    only_spot = [
        name
        for _, name, service in resources(stacks, "AWS::ECS::Service")
        if [entry["CapacityProvider"] for entry in service["CapacityProviderStrategy"]] == ["FARGATE_SPOT"]
    ]
    switches = list(resources(stacks, "AWS::StepFunctions::StateMachine"))
    assert len(only_spot) == len(switches)
    for _, _, switch in switches:
        states = switch["Definition"]["States"]
        assert states["Raise"]["Parameters"]["DesiredCount"] == 1
        assert states["Rest"]["Parameters"]["DesiredCount"] == 0
        rule = next(r for _, name, r in resources(stacks, "AWS::Events::Rule") if name == "SpotNews")
        assert rule["EventPattern"]["resources"] == ["${Core.Core}"]


def test_every_queue_has_a_place_for_what_failed_and_an_alarm(stacks: dict[str, Stack]) -> None:
    queues = {name: properties for _, name, properties in resources(stacks, "AWS::SQS::Queue")}
    dead = {q["RedrivePolicy"]["deadLetterTargetArn"] for q in queues.values() if "RedrivePolicy" in q}
    assert dead
    for name, queue in queues.items():
        assert "RedrivePolicy" in queue or f"${{Data.{name}.Arn}}" in dead
        assert queue["SqsManagedSseEnabled"] is True
    watched = {
        pair["Value"]
        for _, _, alarm in resources(stacks, "AWS::CloudWatch::Alarm")
        for pair in alarm.get("Dimensions", [])
        if pair["Name"] == "QueueName"
    }
    assert watched == {f"${{Data.{name}.QueueName}}" for name in queues}


def test_every_alarm_tells_somebody(stacks: dict[str, Stack]) -> None:
    alarms = list(resources(stacks, "AWS::CloudWatch::Alarm"))
    assert all(alarm["AlarmActions"] == ["${Observability.Alarms}"] for _, _, alarm in alarms)
    assert len(alarms) >= 10


def test_the_log_lines_that_are_counted_are_written(stacks: dict[str, Stack]) -> None:
    counted = {
        name
        for _, _, properties in resources(stacks, "AWS::Logs::MetricFilter")
        for name in re.findall(r'\$\.message = "(\w+)"', properties["FilterPattern"])
    }
    written = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "core").rglob("*.py"))
    assert counted
    assert counted <= set(re.findall(r'_log\.\w+\(\s*"(\w+)"', written))


def test_every_log_forgets(stacks: dict[str, Stack]) -> None:
    groups = list(resources(stacks, "AWS::Logs::LogGroup"))
    assert all(int(properties["RetentionInDays"]) <= 90 for _, _, properties in groups)
    exported = one(stacks, "AWS::RDS::DBInstance")["EnableCloudwatchLogsExports"]
    made = {properties["LogGroupName"] for _, _, properties in groups}
    assert {f"/aws/rds/instance/${{Data.Database}}/{log}" for log in exported} <= made


def test_what_people_stored_outlives_the_stack(stacks: dict[str, Stack]) -> None:
    for stack in stacks.values():
        for name, resource in stack.resources.items():
            if resource["Type"] in {"AWS::S3::Bucket", "AWS::SecretsManager::Secret", "AWS::ECR::Repository"}:
                assert (name, resource["DeletionPolicy"]) == (name, "Retain")
    database = stacks["Data"].resources["Database"]
    assert (database["DeletionPolicy"], database["UpdateReplacePolicy"]) == ("Snapshot", "Snapshot")
    assert database["Properties"]["DeletionProtection"] == "true"
    assert database["Properties"]["StorageEncrypted"] is True
    assert int(database["Properties"]["BackupRetentionPeriod"]) >= 7


def test_buckets_are_closed(stacks: dict[str, Stack]) -> None:
    for _, _, bucket in resources(stacks, "AWS::S3::Bucket"):
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert bucket["VersioningConfiguration"]["Status"] == "Enabled"


def test_nothing_answers_before_the_schema_is_there(stacks: dict[str, Stack]) -> None:
    for name, resource in stacks["Api"].resources.items():
        if resource["Type"] == "AWS::Serverless::Function" and name != "MigrateFunction":
            assert resource["DependsOn"] == "Schema"
    assert stacks[""].resources["Core"]["DependsOn"] == "Api"
    schema = stacks["Api"].resources["Schema"]["Properties"]
    # A new layer is a new reference, and what changed is run again.
    assert schema["Code"] == "${Api.SharedLayer}"
    limit = int(stacks["Api"].resources["MigrateFunction"]["Properties"]["Timeout"])
    assert limit < int(schema["ServiceTimeout"])


def test_tracing_is_off_unless_asked_for() -> None:
    functions = read_template(ROOT / "infra" / "aws" / "api.yaml")["Globals"]["Function"]
    assert functions["Tracing"] == {"Fn::If": ["IsTraced", "Active", "PassThrough"]}
    assert TIERS["beta"]["Api"].parameters["Tracing"] == "false"


def test_before_cloudflare_is_set_up_nothing_can_be_reached() -> None:
    first = render({})
    kinds = {resource["Type"] for stack in first.values() for resource in stack.resources.values()}
    assert not kinds & {"AWS::ApiGatewayV2::DomainName", "AWS::ECS::Service", "AWS::ECS::TaskDefinition"}


def test_the_regions_are_those_whose_databases_we_can_recognise() -> None:
    regions = set(read_template(ROOT / "infra" / "aws" / "network.yaml")["Mappings"]["S3PrefixList"])
    bundle = (ROOT / "shared" / "db" / "rds-ca.pem").read_text(encoding="utf-8")
    assert set(re.findall(r"^# ([a-z]+-[a-z]+-\d)$", bundle, re.MULTILINE)) == regions
    assert bundle.count("BEGIN CERTIFICATE") == len(regions)
