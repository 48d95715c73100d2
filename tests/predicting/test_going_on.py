"""A run that was ended goes on where it stopped."""

import re
import signal
from pathlib import Path

import numpy as np
import pytest

from tests.predicting.files import (
    BAD,
    as_csv,
    flowers,
    interrupt,
    journal_of,
    lines_of,
    rows_of,
    run,
)
from tests.predicting.gateway import gateway_to
from tests.running import Service

NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e-?\d+)?")


def assert_same(one: Path, other: Path) -> None:
    """Byte for byte, but for the last digit of a probability: it tells whether a row was predicted alone."""
    texts = [path.read_bytes().decode() for path in (one, other)]
    assert NUMBER.sub("0", texts[0]) == NUMBER.sub("0", texts[1])
    numbers = [np.array(NUMBER.findall(text), float) for text in texts]
    np.testing.assert_allclose(numbers[0], numbers[1], rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("number", [signal.SIGINT, getattr(signal, "SIGKILL", signal.SIGTERM)])
@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_a_run_that_was_ended_goes_on_to_the_same_output(
    small: Service, tmp_path: Path, number: signal.Signals, suffix: str
) -> None:
    records = [{**record, **(BAD if row % 150 == 3 else {})} for row, record in enumerate(flowers(6_000))]
    source, out, whole = as_csv(tmp_path / "in.csv", records), tmp_path / f"out{suffix}", tmp_path / f"whole{suffix}"
    with gateway_to(small) as gateway:
        arguments = ("predict", source, "--url", gateway.url)
        ended = interrupt(out, number, *arguments)
        if number == signal.SIGINT:
            assert ended.returncode == 130
            assert ended.stderr.splitlines()[-1] == f"Interrupted. The same command goes on where it stopped: {out}"
        assert out.stat().st_size > 0
        assert journal_of(out).exists()
        with out.open("ab") as file:
            file.write(b"half a line, as a crash leaves it")
        with journal_of(out).open("ab") as file:
            file.write(b'{"accepted": {"first_row"')
        resumed = run(*arguments, "--out", out, code=3)
        assert "Going on after row" in resumed.stderr
        assert "40 of 6,000 rows failed" in resumed.stderr
        assert not journal_of(out).exists()
        assert len(set(gateway.accepted)) == 60
        gone_on = run(*arguments, "--out", whole, code=3)
    assert_same(out, whole)
    assert resumed.stderr.splitlines()[-7:] == gone_on.stderr.splitlines()[-7:]


def test_what_was_accepted_but_not_noted_is_not_sent_twice(small: Service, tmp_path: Path) -> None:
    source, out = as_csv(tmp_path / "in.csv", flowers(6_000)), tmp_path / "out.csv"
    with gateway_to(small) as gateway:
        interrupt(out, signal.SIGKILL, "predict", source, "--url", gateway.url)
        header, *_ = journal_of(out).read_text().splitlines()
        journal_of(out).write_text(header + "\n")
        run("predict", source, "--url", gateway.url, "--out", out)
        assert len(set(gateway.accepted)) == 60
    assert [row["id"] for row in rows_of(out)] == [record["id"] for record in flowers(6_000)]


def test_predictions_that_are_gone_when_the_run_goes_on_are_asked_for_again(small: Service, tmp_path: Path) -> None:
    source, out = as_csv(tmp_path / "in.csv", flowers(6_000)), tmp_path / "out.csv"
    interrupt(out, signal.SIGKILL, "predict", source, "--url", small.url)
    lines = lines_of(journal_of(out).read_text())
    ids = [line["accepted"]["prediction_id"] for line in lines if "accepted" in line]
    with small.client() as client:
        for prediction_id in ids:
            client.delete(f"/api/predict/{prediction_id}")
    run("predict", source, "--url", small.url, "--out", out)
    assert len(rows_of(out)) == 6_000


def test_an_output_that_is_there_is_never_overwritten_unasked(service: Service, tmp_path: Path) -> None:
    source, out = as_csv(tmp_path / "in.csv", flowers(2)), tmp_path / "out.csv"
    out.write_text("precious")
    finished = run("predict", source, "--url", service.url, "--out", out, code=1)
    assert f"{out} is there already" in finished.stderr
    assert out.read_text() == "precious"
    run("predict", source, "--url", service.url, "--out", out, "--yes")
    assert len(rows_of(out)) == 2


def test_a_journal_of_another_input_is_refused(small: Service, service: Service, tmp_path: Path) -> None:
    source, other, out = as_csv(tmp_path / "in.csv", flowers(6_000)), tmp_path / "other.csv", tmp_path / "out.csv"
    interrupt(out, signal.SIGINT, "predict", source, "--url", small.url)
    size = out.stat().st_size
    as_csv(other, flowers(5))
    assert "another input" in run("predict", other, "--url", small.url, "--out", out, code=1).stderr
    assert "another service" in run("predict", source, "--url", service.url, "--out", out, code=1).stderr
    no_wait = run("predict", source, "--url", small.url, "--out", out, "--no-wait", code=1)
    assert "another command (`cli predict`)" in no_wait.stderr
    assert out.stat().st_size == size
    run("predict", other, "--url", small.url, "--out", out, "--yes")
    assert len(rows_of(out)) == 5
