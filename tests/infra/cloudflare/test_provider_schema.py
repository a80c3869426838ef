"""What is read of a provider's package is what its provider calls things."""

import ast

from infra.cloudflare import provider_schema

SOURCE = """
class ThingArgs:
    def __init__(__self__, *, name: Input[str], configs: Input[Optional[Sequence[Input['ThingConfigArgs']]]] = None):
        pass

class Thing(CustomResource):
    def __init__(self, name): pass

    @_builtins.property
    @pulumi.getter(name="configs")
    def configs(self): pass

    def helper(self): pass
"""


def test_arguments_are_read_with_their_types_and_whether_they_are_needed() -> None:
    found = provider_schema.classes_of(ast.parse(SOURCE))
    (name, _, name_optional), (configs, type_, configs_optional) = provider_schema.parameters(found["ThingArgs"])
    assert (name, name_optional, configs, configs_optional) == ("name", False, "configs", True)
    assert "'ThingConfigArgs'" in type_


def test_lists_are_called_what_the_provider_calls_them() -> None:
    found = provider_schema.classes_of(ast.parse(SOURCE))
    assert list(provider_schema.properties(found["Thing"])) == ["config"]
    assert provider_schema.renamed("rules") == "rules"


def test_types_are_named_as_their_classes() -> None:
    assert provider_schema.camel("r2_bucket_cors") == "R2BucketCors"
    assert ("resource", "cloudflare_r2_bucket_cors") in provider_schema.declared()
