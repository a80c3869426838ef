from pathlib import Path

import pytest

from infra.local.errors import LocalError
from infra.local.template import functions_of

ROOT = Path(__file__).resolve().parents[3]

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Timeout: 20
    Handler: shared_api.handler.handler
    Environment: {Variables: {STAGE: !Ref Stage, SECRET: !Sub "${Arn}:x"}}
Resources:
  Role: {Type: AWS::IAM::Role, Properties: {Arn: !GetAtt Other.Arn}}
  Packs:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: lambda/packs/
      Handler: packs_api.handler.handler
      Role: !GetAtt [Role, Arn]
      Events:
        List: {Type: HttpApi, Properties: {Path: /api/packs, Method: get}}
        Rest: {Type: HttpApi, Properties: {Path: "/api/packs/{proxy+}", Method: ANY}}
        Nightly: {Type: Schedule, Properties: {Schedule: rate(1 day)}}
  Migrate:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: lambda/migrate/}
"""


def test_routes_handlers_and_folders_are_read(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    (packs,) = functions_of(tmp_path / "template.yaml")
    assert packs.name == "Packs"
    assert packs.code == tmp_path / "lambda" / "packs"
    assert packs.handler == "packs_api.handler.handler"
    assert packs.routes == (("GET", "/api/packs"), ("ANY", "/api/packs/{proxy+}"))


def test_every_function_of_ours_has_its_folder() -> None:
    functions = functions_of(ROOT / "template.yaml")
    assert {function.code.name for function in functions} >= {"auth", "kb", "curriculum", "sessions", "metrics"}
    assert all(function.code.is_dir() for function in functions)


@pytest.mark.parametrize("text", ["Resources: [", "a: b", "Resources: {F: {Properties: {}}}", "", "!Ref x"])
def test_what_is_not_a_template_gives_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "template.yaml").write_text(text)
    with pytest.raises(LocalError, match="is not a SAM template") as caught:
        functions_of(tmp_path / "template.yaml")
    assert "\n" not in str(caught.value)


def test_a_missing_template_gives_one_line(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="is not a SAM template"):
        functions_of(tmp_path / "template.yaml")
