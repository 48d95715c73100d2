"""SNAP_START: everybody who calls API and worker calls the version that has the snapshot; without it there is none."""

from typing import Any

from tests.aws.template import Template

STARTED = ("Api", "Worker")


def alias_of(template: Template, name: str) -> dict[str, Any]:
    """The ARN that callers must name."""
    (alias,) = (found for key, found in template.of("AWS::Lambda::Alias").items() if key.startswith(name))
    return {"Fn::Join": [":", [{"Fn::GetAtt": [f"{name}LambdaFunction", "Arn"]}, alias["Name"]]]}


def test_without_it_there_are_no_versions(plain: Template) -> None:
    assert not plain.of("AWS::Lambda::Version")
    assert not plain.of("AWS::Lambda::Alias")
    assert all("SnapStart" not in function for function in plain.of("AWS::Lambda::Function").values())


def test_api_and_worker_have_snapshots_of_their_published_versions(chosen: Template) -> None:
    for name in STARTED:
        assert chosen[f"{name}LambdaFunction"]["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    assert "SnapStart" not in chosen["DeadLettersLambdaFunction"], "it starts fast, and is seldom asked"
    assert int(chosen["ApiLambdaFunction"]["Runtime"].removeprefix("python3.")) >= 12, "older ones have none"


def test_an_alias_names_the_one_version_of_its_function(chosen: Template) -> None:
    versions, aliases = chosen.of("AWS::Lambda::Version"), chosen.of("AWS::Lambda::Alias")
    assert len(versions) == len(aliases) == len(STARTED)
    for alias in aliases.values():
        name, attribute = alias["FunctionVersion"]["Fn::GetAtt"]
        assert attribute == "Version"
        assert versions[name]["FunctionName"] == alias["FunctionName"]


def test_an_old_version_goes_with_its_snapshot_which_is_paid_for(chosen: Template) -> None:
    for name in chosen.of("AWS::Lambda::Version"):
        assert "DeletionPolicy" not in chosen.resources[name]


def test_the_gateway_and_the_queue_call_the_alias(chosen: Template) -> None:
    api, worker = alias_of(chosen, "Api"), alias_of(chosen, "Worker")
    assert chosen["HttpApiIntegrationApi"]["IntegrationUri"] == api
    assert chosen["ApiLambdaPermissionHttpApi"]["FunctionName"] == api
    assert chosen["WorkerEventSourceMappingSQSQueue"]["FunctionName"] == worker
