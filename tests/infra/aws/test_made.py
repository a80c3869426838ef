"""Both tiers made on moto's server: what is there afterwards is what the templates name, and moto's gaps have names."""

import http.client
import io
import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlsplit

import boto3
import pytest

from infra.aws.processed import process
from infra.aws.stacks import COMPLETE, PSEUDO, Document, resolve
from tests.vendors.aws import aws_server

# What moto leaves out of a stack without a word. Of these the linters and test_rules.py alone can tell.
UNKNOWN_TO_MOTO = {
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::ApiMapping",
    "AWS::ApiGatewayV2::DomainName",
    "AWS::ApiGatewayV2::Stage",
    "AWS::Budgets::Budget",
    "AWS::CloudFormation::CustomResource",
    "AWS::CloudWatch::Alarm",
    "AWS::EC2::EgressOnlyInternetGateway",
    "AWS::EC2::PrefixList",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::EC2::VPCCidrBlock",
    "AWS::ElasticLoadBalancingV2::TrustStore",
    "AWS::Logs::MetricFilter",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicInlinePolicy",
    "AWS::SQS::QueueInlinePolicy",
    "AWS::SecretsManager::Secret",
}
# moto says so of each resource; UNKNOWN_TO_MOTO is how we hear of it.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")


@dataclass(slots=True)
class Cloud:
    """The stacks of one tier on a server that stands for AWS.

    Attributes:
        documents: what was asked for, by stack.
        made: the types of what is there, by stack and logical id.
        ids: what `Ref` gives, by "Stack.Resource".
    """

    url: str
    documents: dict[str, Document] = field(default_factory=dict[str, Document])
    made: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    ids: dict[str, str] = field(default_factory=dict[str, str])

    def client(self, service: str) -> Any:
        # Each service's client has a type of its own.
        return cast("Any", boto3).client(
            service,
            endpoint_url=self.url,
            region_name=PSEUDO["AWS::Region"],
            aws_access_key_id="key",
            aws_secret_access_key="secret",
        )

    def make(self, name: str, document: Document) -> None:
        """Create one stack, with the ids of what the stacks before it made."""
        self.documents[name] = document
        text = re.sub(r"(?:Network|Data|Core|Api)(?:\.\w+)+", self._id, json.dumps(document))
        cloudformation = self.client("cloudformation")
        cloudformation.create_stack(StackName=name, TemplateBody=text)
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
        found = [resource for page in pages for resource in page["StackResourceSummaries"]]
        self.made[name] = {one["LogicalResourceId"]: one["ResourceType"] for one in found if one["LogicalResourceId"]}
        self.ids |= {f"{name}.{one['LogicalResourceId']}": one.get("PhysicalResourceId", "") for one in found}
        if name == "Data":
            asked = self.client("sqs").get_queue_attributes(QueueUrl=self.ids["Data.Jobs"], AttributeNames=["QueueArn"])
            self.ids["Data.Jobs.Arn"] = asked["Attributes"]["QueueArn"]

    def _id(self, found: re.Match[str]) -> str:
        return self.ids.get(found[0]) or found[0]


def made(tier: str, url: str) -> Cloud:
    cloud = Cloud(url)
    certificate = cloud.client("acm").request_certificate(DomainName=COMPLETE["ApiDomain"])["CertificateArn"]
    built = io.BytesIO()
    with zipfile.ZipFile(built, "w") as archive:
        archive.writestr("handler.py", "")
    cloud.client("s3").create_bucket(Bucket="artifacts")
    cloud.client("s3").put_object(Bucket="artifacts", Key="built.zip", Body=built.getvalue())
    for name, document in resolve({"Tier": tier, **COMPLETE, "CertificateArn": certificate}, process).items():
        if name == "Data":
            # moto takes the group itself for its name and fails, and makes names in capitals, which ECR does not have.
            del document["Resources"]["Database"]["Properties"]["DBParameterGroupName"]
            document["Resources"]["Images"]["Properties"]["RepositoryName"] = "images"
        cloud.make(name, document)
    return cloud


@pytest.fixture(scope="module", params=["beta", "production"])
def cloud(request: pytest.FixtureRequest) -> Iterator[Cloud]:
    with aws_server() as url:
        # Its accounts belong to the process, whatever number of servers it has had.
        with closing(http.client.HTTPConnection(urlsplit(url).netloc)) as line:
            line.request("POST", "/moto-api/reset")
            assert line.getresponse().status == 200
        yield made(request.param, url)


def test_what_the_templates_name_is_made(cloud: Cloud) -> None:
    for name, document in cloud.documents.items():
        wanted = {logical: resource["Type"] for logical, resource in document["Resources"].items()}
        known = {logical: kind for logical, kind in wanted.items() if kind not in UNKNOWN_TO_MOTO}
        assert {logical: cloud.made[name].get(logical) for logical in known} == known


def test_moto_still_leaves_out_what_we_say_it_does(cloud: Cloud) -> None:
    wanted = [
        (resource["Type"], logical in cloud.made[name])
        for name, document in cloud.documents.items()
        for logical, resource in document["Resources"].items()
    ]
    assert {kind for kind, is_made in wanted if is_made} & UNKNOWN_TO_MOTO == set()


def test_the_gaps_are_those_of_our_templates() -> None:
    tiers = [resolve({"Tier": tier, **COMPLETE}, process) for tier in ("beta", "production")]
    documents = [document for tier in tiers for document in tier.values()]
    used = {resource["Type"] for document in documents for resource in document["Resources"].values()}
    assert used >= UNKNOWN_TO_MOTO


def test_nobody_gets_in(cloud: Cloud) -> None:
    groups = cloud.client("ec2").describe_security_groups()["SecurityGroups"]
    ours = [group for group in groups if group["GroupName"] != "default"]
    assert len(ours) == len([k for k in cloud.made["Network"].values() if k == "AWS::EC2::SecurityGroup"])
    for group in ours:
        for rule in group["IpPermissions"]:
            assert rule["IpRanges"] == []
            assert rule["Ipv6Ranges"] == []


def test_the_database_is_encrypted_and_private(cloud: Cloud) -> None:
    (database,) = cloud.client("rds").describe_db_instances()["DBInstances"]
    assert database["StorageEncrypted"] is True
    assert database["PubliclyAccessible"] is False
    assert database["Engine"] == "postgres"


def test_jobs_that_fail_go_to_the_dead_letter_queue(cloud: Cloud) -> None:
    sqs = cloud.client("sqs")
    answer = sqs.get_queue_attributes(QueueUrl=cloud.ids["Data.Jobs"], AttributeNames=["All"])
    policy = json.loads(answer["Attributes"]["RedrivePolicy"])
    dead = sqs.get_queue_attributes(QueueUrl=cloud.ids["Data.DeadJobs"], AttributeNames=["QueueArn"])
    assert policy["deadLetterTargetArn"] == dead["Attributes"]["QueueArn"]


def test_functions_run_what_was_built_in_the_private_subnets(cloud: Cloud) -> None:
    functions = cloud.client("lambda").list_functions()["Functions"]
    private = {cloud.ids[f"Network.PrivateSubnet{zone}"] for zone in "AB"}
    assert len(functions) == 7
    for function in functions:
        assert function["Runtime"] == "python3.13"
        assert set(function["VpcConfig"]["SubnetIds"]) == private


def test_every_log_forgets(cloud: Cloud) -> None:
    groups = cloud.client("logs").describe_log_groups()["logGroups"]
    assert [group["logGroupName"] for group in groups if not group.get("retentionInDays")] == []


def test_the_task_is_what_the_template_says(cloud: Cloud) -> None:
    ecs = cloud.client("ecs")
    (arn,) = ecs.list_task_definitions()["taskDefinitionArns"]
    task = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
    wanted = cloud.documents["Core"]["Resources"]["CoreTask"]["Properties"]["ContainerDefinitions"]
    assert [container["name"] for container in task["containerDefinitions"]] == [one["Name"] for one in wanted]
