"""Rows and inputs that are wrong: said with their numbers, and the rest goes through."""

import csv
import json
import os
import time
from pathlib import Path

import pytest

from tests.predicting.files import (
    BAD,
    COLUMNS,
    PROBABILITIES,
    Start,
    as_csv,
    as_lines,
    flowers,
    journal_of,
    lines_of,
    rows_of,
    run,
)
from tests.running import Service, cli


def test_a_bad_row_is_reported_and_the_rest_goes_through(serve: Start, tmp_path: Path) -> None:
    started = serve(MAX_RECORDS="4")
    good = flowers(10)
    records = [{**record, **(BAD if number in {2, 8, 9} else {})} for number, record in enumerate(good)]
    out = tmp_path / "out.csv"
    finished = run("predict", as_csv(tmp_path / "in.csv", records), "--url", started.url, "--out", out, code=3)
    rows = rows_of(out)
    assert [row["id"] for row in rows] == [record["id"] for record in records]
    assert [number for number, row in enumerate(rows) if row["error"]] == [2, 8, 9]
    assert "petal width (cm)" in rows[2]["error"]
    assert all(bool(row["prediction"]) != bool(row["error"]) for row in rows)
    assert "3 of 10 rows failed" in finished.stderr
    assert "row 3: petal width (cm): " in finished.stderr
    assert "row 10: " in finished.stderr
    assert not journal_of(out).exists()


def test_bad_rows_in_json_lines_hold_an_error_each(service: Service, tmp_path: Path) -> None:
    first, second, third, fourth = flowers(4)
    del second[COLUMNS[0]]
    lines = [json.dumps(first), json.dumps(second), "[1]", json.dumps({**third, COLUMNS[1]: float("nan")})]
    source = tmp_path / "in.jsonl"
    source.write_text("\n".join([*lines, json.dumps(fourth)]))
    rows = lines_of(run("predict", source, "--url", service.url, code=3).stdout)
    assert ["prediction" in row for row in rows] == [True, False, False, False, True]
    assert rows[1]["error"] == {"code": "invalid", "message": "sepal length (cm): Field required"}
    assert rows[1]["id"] == second["id"]
    assert rows[3][COLUMNS[1]] is None


def test_more_bad_rows_than_the_service_lists_at_once_are_all_found(service: Service, tmp_path: Path) -> None:
    records = [{**record, **(BAD if number % 2 else {})} for number, record in enumerate(flowers(5_000))]
    out = tmp_path / "out.jsonl"
    finished = run("predict", as_lines(tmp_path / "in.jsonl", records), "--url", service.url, "--out", out, code=3)
    rows = lines_of(out.read_text())
    assert ["error" in row for row in rows] == [bool(number % 2) for number in range(5_000)]
    assert "2,500 of 5,000 rows failed" in finished.stderr
    assert "2,495 more" in finished.stderr


def test_a_row_with_too_many_or_too_few_cells_is_a_bad_row(service: Service) -> None:
    text = ",".join(COLUMNS) + "\n5,3,1,0.2\n5,3,1\n\n5,3,1,0.2,9\n5,3,1,0.2\n"
    finished = run("predict", "-", "--url", service.url, input=text, code=3)
    rows = list(csv.DictReader(finished.stdout.splitlines()))
    assert [bool(row["error"]) for row in rows] == [False, True, True, False]
    assert "The row has 3 cells and there are 4 columns" in rows[1]["error"]


def test_the_header_waits_for_the_first_row_that_succeeds(serve: Start, tmp_path: Path) -> None:
    started = serve(MAX_RECORDS="2")
    records = [{**record, **(BAD if number < 5 else {})} for number, record in enumerate(flowers(7))]
    out = tmp_path / "out.csv"
    run("predict", as_csv(tmp_path / "in.csv", records), "--url", started.url, "--out", out, code=3)
    rows = rows_of(out)
    assert list(rows[0])[-5:] == ["prediction", *PROBABILITIES, "error"]
    assert [bool(row["error"]) for row in rows] == [True] * 5 + [False] * 2


def test_a_file_of_bad_rows_only_is_written_too(service: Service, tmp_path: Path) -> None:
    records = [{**record, **BAD} for record in flowers(3)]
    out = tmp_path / "out.csv"
    run("predict", as_csv(tmp_path / "in.csv", records), "--url", service.url, "--out", out, code=3)
    assert list(rows_of(out)[0]) == ["id", *COLUMNS, "prediction", "error"]
    assert all(row["error"] for row in rows_of(out))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "has no column that the service takes"),
        ("sepal_length,sepal width (cm),b\n1,2,3\n", "lacks petal length (cm), petal width (cm)"),
        ("sepal width (cm)\n2\n", "lacks sepal length (cm), petal length (cm), petal width (cm)"),
    ],
)
def test_columns_that_do_not_fit_are_one_error_with_both_lists(
    service: Service, tmp_path: Path, text: str, said: str
) -> None:
    out = tmp_path / "out.csv"
    finished = run("predict", "-", "--url", service.url, "--out", out, input=text, code=1)
    assert said in finished.stderr
    assert f"input:   {text.splitlines()[0].replace(',', ', ')}\n" in finished.stderr
    assert f"service: {', '.join(COLUMNS)}\n" in finished.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "has no rows"),
        ("a.csv", b"x,y\n", "has no rows"),
        ("a.json", b"[]", "has no rows"),
        ("a.json", b"[1,", "not JSON"),
        ("a.jsonl", b'{"x": 1}\n{"x": \n', "line 2 is not JSON"),
        ("a.csv", b"x,y\n1,2\n\xff,3\n", "not UTF-8 (line 3)"),
        ("a.csv", b'x,y\n1,"2\n', "is not CSV"),
        ("a.csv", b"x,y,x\n1,2,3\n", "two columns are named 'x'"),
    ],
)
def test_a_file_that_can_not_be_read_is_one_error(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert said in run("predict", tmp_path / name, code=1).stderr
    assert "can't be read" in run("predict", tmp_path / "missing.csv", code=1).stderr


def test_a_service_with_keys_is_shown_the_one_in_the_environment(serve: Start, tmp_path: Path) -> None:
    key = cli("keys", "create", "test", "--state-dir", str(tmp_path / "state")).stdout.strip()
    started = serve()
    out = tmp_path / "out.csv"
    source = as_csv(tmp_path / "in.csv", [{name: r[name] for name in COLUMNS} for r in flowers(2)])
    without = run("predict", source, "--url", started.url, "--out", out, code=1)
    assert "API_KEY" in without.stderr
    assert not out.exists()
    assert not journal_of(out).exists()
    run("predict", source, "--out", out, env={**os.environ, "SERVICE_URL": started.url, "API_KEY": key})
    assert len(rows_of(out)) == 2


def test_an_address_where_nobody_listens_is_said_at_once(tmp_path: Path) -> None:
    source = as_csv(tmp_path / "in.csv", flowers(1))
    started = time.monotonic()
    finished = run("predict", source, "--url", "http://127.0.0.1:9", code=1)
    assert "http://127.0.0.1:9 can't be reached" in finished.stderr
    assert time.monotonic() - started < 10
    assert "is no address" in run("predict", source, "--url", "localhost:8000", code=1).stderr
