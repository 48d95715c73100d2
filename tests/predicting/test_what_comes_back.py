"""What `cli predict` brings back: in order, in every format, with every column."""

import csv
import json
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from tests.predicting.files import (
    CLASSES,
    COLUMNS,
    PROBABILITIES,
    Start,
    as_csv,
    as_lines,
    flowers,
    lines_of,
    rows_of,
    run,
)
from tests.running import Service


def test_10_000_records_come_back_in_order_and_equal_the_pipeline(
    service: Service, iris_model: Path, tmp_path: Path
) -> None:
    records = flowers(10_000)
    pipeline = pickle.loads(iris_model.read_bytes())
    frame = pd.DataFrame(records)[COLUMNS]
    out = tmp_path / "out.csv"
    finished = run("predict", as_csv(tmp_path / "in.csv", records), "--url", service.url, "--out", out)
    rows = rows_of(out)
    assert [row["id"] for row in rows] == [record["id"] for record in records]
    assert [row["prediction"] for row in rows] == pipeline.predict(frame).tolist()
    chances = np.array([[float(row[name]) for name in PROBABILITIES] for row in rows])
    np.testing.assert_allclose(chances, pipeline.predict_proba(frame), rtol=0, atol=1e-9)
    assert list(rows[0]) == ["id", *COLUMNS, "prediction", *PROBABILITIES, "error"]
    assert {row["error"] for row in rows} == {""}
    assert "10,000 of 10,000 rows predicted" in finished.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]


def test_many_slices_come_back_in_order(small: Service, service: Service, tmp_path: Path) -> None:
    source = as_lines(tmp_path / "in.jsonl", flowers(1_050))
    slices = run("predict", source, "--url", small.url).stdout
    assert slices == run("predict", source, "--url", service.url).stdout
    assert [row["id"] for row in lines_of(slices)] == [record["id"] for record in flowers(1_050)]


def test_json_json_lines_csv_and_stdin_give_the_same_predictions(service: Service, tmp_path: Path) -> None:
    records = flowers(3)
    array, lines = json.dumps(records, indent=2), "".join(json.dumps(record) + "\n" for record in records)
    table = as_csv(tmp_path / "in.csv", records).read_text()
    (tmp_path / "in.json").write_text(array)
    (tmp_path / "in.ndjson").write_text(lines)
    (tmp_path / "in.jsonl").write_text("\ufeff" + lines + "\n")
    (tmp_path / "lines.json").write_text(lines)
    (tmp_path / "table").write_text(table)
    outputs = [
        *(
            run("predict", tmp_path / name, "--url", service.url).stdout
            for name in ("in.json", "in.ndjson", "in.jsonl")
        ),
        run("predict", tmp_path / "lines.json", "--url", service.url).stdout,
        *(run("predict", "-", "--url", service.url, input="\n " + text).stdout for text in (array, lines)),
    ]
    first = lines_of(outputs[0])
    assert [{name: row[name] for name in records[0]} for row in first] == records
    assert all(output == outputs[0] for output in outputs)
    tables = [
        run("predict", "-", "--url", service.url, input=table).stdout,
        run("predict", tmp_path / "table", "--url", service.url).stdout,
        run("predict", tmp_path / "in.csv", "--url", service.url).stdout,
    ]
    assert len(set(tables)) == 1
    predicted = [row["prediction"] for row in csv.DictReader(tables[0].splitlines())]
    assert predicted == [row["prediction"] for row in first]


def test_one_object_is_one_row(service: Service, tmp_path: Path) -> None:
    source = tmp_path / "one.json"
    source.write_text(json.dumps(flowers(1)[0], indent=2))
    (row,) = lines_of(run("predict", source, "--url", service.url).stdout)
    assert row["prediction"] in CLASSES
    assert list(row["probabilities"]) == CLASSES


def test_the_format_of_the_output_follows_its_suffix(service: Service, tmp_path: Path) -> None:
    lines, table = as_lines(tmp_path / "in.jsonl", flowers(5)), as_csv(tmp_path / "in.csv", flowers(5))
    run("predict", lines, "--url", service.url, "--out", tmp_path / "out.csv")
    run("predict", table, "--url", service.url, "--out", tmp_path / "out.jsonl")
    rows = rows_of(tmp_path / "out.csv")
    assert list(rows[0]) == ["id", *COLUMNS, "prediction", *PROBABILITIES, "error"]
    assert [row["prediction"] for row in lines_of((tmp_path / "out.jsonl").read_text())] == [
        row["prediction"] for row in rows
    ]


def test_an_output_can_be_an_input_again(service: Service, tmp_path: Path) -> None:
    once, twice = tmp_path / "once.csv", tmp_path / "twice.csv"
    run("predict", as_csv(tmp_path / "in.csv", flowers(5)), "--url", service.url, "--out", once)
    run("predict", once, "--url", service.url, "--out", twice)
    assert twice.read_text() == once.read_text()


def test_extra_columns_are_kept_and_not_sent(service: Service, tmp_path: Path) -> None:
    records = [{"note": 'a "quoted", \n two-line note', **record, "comment [x]": "äöü"} for record in flowers(4)]
    out = tmp_path / "out.csv"
    finished = run("predict", as_csv(tmp_path / "in.csv", records), "--url", service.url, "--out", out)
    assert [row["note"] for row in rows_of(out)] == [record["note"] for record in records]
    assert [row["comment [x]"] for row in rows_of(out)] == ["äöü"] * 4
    assert "note, id, comment [x]" in finished.stderr


def test_hundreds_of_extra_columns_are_kept_too(service: Service, tmp_path: Path) -> None:
    extra = {f"extra {number}": str(number) for number in range(300)}
    source = as_csv(tmp_path / "in.csv", [{**record, **extra} for record in flowers(3)])
    run("predict", source, "--url", service.url, "--out", tmp_path / "out.csv")
    rows = rows_of(tmp_path / "out.csv")
    assert [row["extra 299"] for row in rows] == ["299"] * 3
    assert all(row["prediction"] for row in rows)


def test_python_names_are_sent_where_the_service_knows_them(service: Service, tmp_path: Path) -> None:
    names = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
    records = [{**dict(zip(names, [r[c] for c in COLUMNS], strict=True)), "id": r["id"]} for r in flowers(3)]
    by_name = run("predict", as_lines(tmp_path / "in.jsonl", records), "--url", service.url).stdout
    by_alias = run("predict", as_lines(tmp_path / "alias.jsonl", flowers(3)), "--url", service.url).stdout
    keys = ("id", "prediction", "probabilities")
    assert [[row[key] for key in keys] for row in lines_of(by_name)] == [
        [row[key] for key in keys] for row in lines_of(by_alias)
    ]


def test_an_optional_field_is_not_lost_under_its_python_name(serve: Start, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "validation.py").write_text(
        "from pydantic import BaseModel, Field\n\n\nclass PredictionData(BaseModel):\n"
        "    x: float\n    weight: float | None = Field(None, alias='weight (kg)')\n"
    )
    (project / "steps.py").write_text(
        "from sklearn.base import BaseEstimator, RegressorMixin\n\n\n"
        "class Weight(RegressorMixin, BaseEstimator):\n"
        "    def fit(self, X, y=None):\n        self.fitted_ = True\n        return self\n"
        "    def predict(self, X):\n        return [-1.0 if row[1] != row[1] else row[1] for row in X]\n"
    )
    make = (
        "import pickle, sys; sys.path.insert(0, '.'); from steps import Weight;"
        "from sklearn.pipeline import make_pipeline;"
        "model = make_pipeline(Weight()).fit([[1.0, 2.0]], [1]);"
        "open('model.pkl', 'wb').write(pickle.dumps(model))"
    )
    subprocess.run([sys.executable, "-c", make], cwd=project, check=True)
    started = serve(project=project, model=project / "model.pkl")
    finished = run("predict", "-", "--url", started.url, input="x,weight,id\n1,70.5,a\n1,,b\n")
    assert [row["prediction"] for row in csv.DictReader(finished.stdout.splitlines())] == ["70.5", "-1.0"]
    without = run("predict", "-", "--url", started.url, input="x\n1\n")
    assert "Not in the input, so their defaults are taken: weight (kg)" in without.stderr
