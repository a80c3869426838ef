"""The month's bill: from the processed templates, within its limit, and as the documentation says."""

import json
import re
from pathlib import Path

import pytest

from core.observability.record import Outcome, StageName
from infra.aws import bill, cost
from infra.aws.cost import PRICES, TIERS, TURN_METRICS, Usage, beside, month, read_prices
from infra.aws.processed import process
from infra.aws.stacks import COMPLETE, render
from infra.aws.vendors import CHOICES, for_one_user

ROOT = Path(__file__).resolve().parents[3]
# What AWS charges for by use, if at all; what is charged by its existence has a line in the bill.
CHARGED_BY_USE = {
    "AWS::ApiGatewayV2::Api",
    "AWS::Lambda::Function",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::StepFunctions::StateMachine",
}
IN_THE_BILL = {
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::ECR::Repository",
    "AWS::Logs::MetricFilter",
    "AWS::ECS::Service",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::RDS::DBInstance",
    "AWS::SecretsManager::Secret",
}
FREE = {
    "AWS::ApiGatewayV2::ApiMapping",
    "AWS::ApiGatewayV2::DomainName",
    "AWS::ApiGatewayV2::Stage",
    "AWS::Budgets::Budget",
    "AWS::CloudFormation::CustomResource",
    "AWS::CloudFormation::Stack",
    "AWS::EC2::EgressOnlyInternetGateway",
    "AWS::EC2::InternetGateway",
    "AWS::EC2::PrefixList",
    "AWS::EC2::Route",
    "AWS::EC2::RouteTable",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::EC2::Subnet",
    "AWS::EC2::SubnetRouteTableAssociation",
    "AWS::EC2::VPC",
    "AWS::EC2::VPCCidrBlock",
    # A gateway endpoint, says test_rules.py; any other kind would be charged by the hour.
    "AWS::EC2::VPCEndpoint",
    "AWS::EC2::VPCGatewayAttachment",
    "AWS::ECS::Cluster",
    "AWS::ECS::TaskDefinition",
    "AWS::ElasticLoadBalancingV2::Listener",
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    "AWS::ElasticLoadBalancingV2::TrustStore",
    "AWS::Events::Rule",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Role",
    "AWS::Lambda::LayerVersion",
    "AWS::Lambda::Permission",
    "AWS::RDS::DBParameterGroup",
    "AWS::RDS::DBSubnetGroup",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicInlinePolicy",
    "AWS::SQS::QueueInlinePolicy",
}


def test_the_beta_tier_stays_below_its_limit() -> None:
    assert month("beta", 50, process=process).fixed <= bill.BETA_LIMIT_USD


@pytest.mark.parametrize("tier", TIERS)
def test_the_bill_is_that_of_the_processed_templates(tier: str) -> None:
    assert month(tier, 50) == month(tier, 50, process=process)


@pytest.mark.parametrize("tier", TIERS)
def test_nothing_is_made_that_we_did_not_think_of_paying(tier: str) -> None:
    stacks = render({"Tier": tier, **COMPLETE}, process=process)
    kinds = {resource["Type"] for stack in stacks.values() for resource in stack.resources.values()}
    assert kinds - CHARGED_BY_USE - IN_THE_BILL - FREE == set()


def test_the_bill_adds_up_as_by_hand() -> None:
    lines = {line.what: round(line.usd, 2) for line in month("beta", 50).lines}
    # 730 h x $0.016; 20 GB x $0.115; 730 h x (0.25 x $0.010873 + 0.5 x $0.001195); 730 h x $0.005; 5 x $0.40.
    assert lines["database"] == 11.68
    assert lines["database's disk"] == 2.30
    assert lines["voice service, Spot"] == 2.42
    assert lines["public addresses"] == 3.65
    assert lines["secrets"] == 2.00
    # 50 users x 200 requests x 30 days at $1 a million.
    assert lines["API Gateway"] == 0.30


def test_more_people_need_more_tasks() -> None:
    assert [month("beta", users).tasks for users in (50, 1_000, 5_000)] == [1, 1, 5]


def test_each_way_of_buying_capacity_has_its_price() -> None:
    spot, ondemand = (month("beta", 50, capacity=capacity).total for capacity in ("spot", "ondemand"))
    assert round(ondemand - spot, 2) == 4.79


def test_a_nat_gateway_and_a_balancer_cost_more_than_all_the_rest() -> None:
    ours = month("beta", 50)
    assert beside(ours).total > 3 * ours.total


def test_the_turns_counted_by_cloudwatch_are_those_that_core_writes() -> None:
    assert (len(StageName) + 1) * (1 + len(Outcome)) == TURN_METRICS


def test_speech_from_the_cache_and_on_the_device_is_cheaper() -> None:
    each = [for_one_user(choice, Usage(users=1), read_prices()) for choice in CHOICES]
    assert each == sorted(each, reverse=True)
    assert round(each[0], 2) == 7.76


def test_every_price_says_where_and_when_it_was_read() -> None:
    rows = json.loads(PRICES.read_text(encoding="utf-8"))["prices"]
    for row in rows:
        assert row["source"].startswith("https://"), row["id"]
        assert re.fullmatch(r"20\d\d(-\d\d){0,2}", row["date"]), row["id"]
        assert row["confidence"] in {"high", "medium", "low"}
    assert len({row["id"] for row in rows}) == len(rows)


def test_the_page_says_what_the_templates_do() -> None:
    assert (ROOT / "docs" / "reference" / "costs.md").read_text(encoding="utf-8") == bill.page()


def test_a_person_reads_every_line_and_what_is_assumed() -> None:
    text = bill.told("production", 500, "default")
    assert all(line.what in text for line in cost.month("production", 500).lines)
    assert all(assumption in text for assumption in bill.assumptions(Usage(users=500)))
