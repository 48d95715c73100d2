"""docs/architecture.md shows the stack that is deployed."""

import re

from commands.architecture import KINDS, LEFT_OUT, PAGE, Stack, written
from tests.aws.template import Template

TEXT = PAGE.read_text(encoding="utf-8")
OSLS_OWN = {"ServerlessDeploymentBucket"}


def test_the_page_is_up_to_date() -> None:
    assert written(TEXT, Stack.read()) == TEXT, "make docs"


def test_everything_that_is_deployed_is_in_the_picture(plain: Template) -> None:
    shown = set(re.findall(r'^    (\w+)\[\(?"', TEXT, re.MULTILINE))
    stored = {name for kind in KINDS for name in plain.of(kind)} - OSLS_OWN
    assert stored <= shown
    functions = {name.removesuffix("LambdaFunction") for name in plain.of("AWS::Lambda::Function")}
    assert {name[0].lower() + name[1:] for name in functions} <= shown


def test_everything_that_a_role_may_do_is_in_the_picture(plain: Template) -> None:
    for role in plain.of("AWS::IAM::Role"):
        for sid, statement in plain.statements(role).items():
            if statement["Effect"] == "Allow" and not sid.startswith((*LEFT_OUT, "Receive")):
                assert re.sub(r"(?<=[a-z])(?=[A-Z])", " ", sid).lower() in TEXT, sid


def test_every_alarm_is_in_the_picture(plain: Template) -> None:
    for alarm in plain.of("AWS::CloudWatch::Alarm").values():
        stats = [metric["MetricStat"]["Metric"] for metric in alarm.get("Metrics", []) if "MetricStat" in metric]
        assert f"|{'<br/>'.join(one['MetricName'] for one in stats or [alarm])}| Alarms" in TEXT


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", TEXT):
        assert (PAGE.parent / target).exists(), target
