"""Columns that this model does not need."""

from commands.batch.output import Csv, JsonLines


def test_several_outputs_have_a_column_each() -> None:
    form = Csv(["x", "prediction_1"])
    answers = [{"prediction": [1, "b"], "probabilities": [{"0": 0.5, "1": 0.5}, {"a": 0.25, "b": 0.75}]}]
    text = form.add([{"x": None, "prediction_1": "old"}], answers)
    header = "x,prediction_0,prediction_1,probability_0:0,probability_0:1,probability_1:a,probability_1:b,error"
    assert text == f"{header}\n,1,b,0.5,0.5,0.25,0.75,\n"


def test_classes_that_a_later_model_adds_are_left_out_and_told() -> None:
    form = Csv(["x"])
    form.add([{"x": 1}], [{"prediction": "a", "probabilities": {"a": 1.0}}])
    assert form.add([{"x": 2}], [{"prediction": "b", "probabilities": {"a": 0.5, "b": 0.5}}]) == "2,b,0.5,\n"
    assert form.left_out == ("probability:b",)


def test_names_of_ours_win_over_those_of_the_record() -> None:
    record = {"x": True, "error": "old", "prediction": "old"}
    assert JsonLines().add([record], [{"prediction": 1}]) == '{"x": true, "prediction": 1}\n'
    assert Csv(list(record)).add([record], [{"prediction": 1}]) == "x,prediction,error\ntrue,1,\n"
