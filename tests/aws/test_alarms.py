"""Alarms and dashboard of the template that `cli deploy` would send: what is watched, and who is told."""

import json

from tests.aws.template import Template


def test_with_an_address_alarms_are_set_and_silence_is_no_alarm(template: Template) -> None:
    told = template.deployment.alarm_email
    assert template.document["Parameters"]["AlarmEmail"]["Default"] == (told or "")
    assert template.document["Conditions"]["Alarmed"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "AlarmEmail"}, ""]}]}
    alarms = template.of("AWS::CloudWatch::Alarm")
    assert {alarm["MetricName"] for alarm in alarms.values() if "MetricName" in alarm} == {
        "NumberOfMessagesReceived",
        "ApproximateAgeOfOldestMessage",
        "Errors",
        "5xx",
    }
    for name, queue in {"RetriesAlarm": "Queue", "DeadLettersErrorsAlarm": "DeadLetterQueue"}.items():
        *counted, told_of = alarms[name]["Metrics"]
        assert [metric["Id"] for metric in counted] == ["received", "deleted"], "what its function names is no error"
        for metric in counted:
            (dimension,) = metric["MetricStat"]["Metric"]["Dimensions"]
            assert dimension["Value"] == {"Fn::GetAtt": [queue, "QueueName"]}
            assert metric["ReturnData"] is False
        assert "FILL(received, 0)" in told_of["Expression"]
    for name, alarm in alarms.items():
        assert template.resources[name]["Condition"] == "Alarmed"
        assert alarm["TreatMissingData"] == "notBreaching"
        assert alarm["AlarmActions"] == [{"Ref": "Alarms"}]
    assert template.resources["Alarms"]["Condition"] == "Alarmed"


def test_the_dashboard_is_made_when_it_is_wanted(template: Template) -> None:
    (wanted, yes) = template.document["Conditions"]["Watched"]["Fn::Equals"]
    default = template.document["Parameters"][wanted["Ref"]]["Default"]
    assert (default == yes) is template.deployment.dashboard
    body, _ = template["Dashboard"]["DashboardBody"]["Fn::Sub"]
    assert len(json.loads(body)["widgets"]) == 6
