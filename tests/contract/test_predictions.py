"""What every store promises: the first terminal write wins, and what is erased stays erased."""

from dataclasses import replace

from serving.ports import Row
from serving.prediction import Code, Failure, Prediction, Status
from tests.contract.conftest import Clock, Ports


def succeeded(pending: Prediction, result: bytes = b'{"prediction":1}') -> Prediction:
    return replace(pending, status=Status.SUCCEEDED, result=result, finished_at=pending.accepted_at + 5)


def failed(pending: Prediction, code: Code) -> Prediction:
    return replace(pending, status=Status.FAILED, error=Failure(code=code, message="why"), finished_at=1)


def row(ports: Ports, key: str = "a-prediction") -> Row | None:
    (found,) = ports.predictions.get([key])
    return found


def test_what_was_never_written_is_none(ports: Ports) -> None:
    assert ports.predictions.get(["a", "b"]) == [None, None]


def test_a_finished_prediction_is_read_as_it_was_written(ports: Ports, pending: Prediction) -> None:
    answer = succeeded(pending)
    assert ports.predictions.finish([answer]) == [True]
    assert row(ports) == Row(document=answer.to_json(), status=Status.SUCCEEDED)


def test_rows_come_in_the_order_of_their_keys(ports: Ports, pending: Prediction) -> None:
    ports.predictions.finish([replace(succeeded(pending), prediction_id=name) for name in ("x", "y")])
    found = ports.predictions.get(["y", "nothing", "x"])
    assert [r and b'"y"' in (r.document or b"") for r in found] == [True, None, False]


def test_the_first_terminal_write_wins(ports: Ports, pending: Prediction) -> None:
    first, second = succeeded(pending), succeeded(pending, b'{"prediction":2}')
    assert ports.predictions.finish([first]) == [True]
    assert ports.predictions.finish([second, failed(pending, Code.ROW_REJECTED)]) == [False, False]
    assert ports.predictions.finish([second], redriven=True) == [False]
    assert row(ports) == Row(document=first.to_json(), status=Status.SUCCEEDED)


def test_redrive_replaces_a_dead_letter_once(ports: Ports, pending: Prediction) -> None:
    ports.predictions.finish([failed(pending, Code.DEAD_LETTER)])
    assert ports.predictions.finish([succeeded(pending)]) == [False], "only a redriven message may"
    assert ports.predictions.finish([succeeded(pending)], redriven=True) == [True]
    assert ports.predictions.finish([failed(pending, Code.ROW_REJECTED)], redriven=True) == [False]


def test_redrive_replaces_no_other_failure(ports: Ports, pending: Prediction) -> None:
    ports.predictions.finish([failed(pending, Code.ROW_REJECTED)])
    assert ports.predictions.finish([succeeded(pending)], redriven=True) == [False]


def test_erasing_what_is_pending_cancels_it(ports: Ports, pending: Prediction) -> None:
    ports.predictions.erase(pending)
    assert row(ports) == Row(document=None, status=Status.CANCELLED)
    assert ports.predictions.finish([succeeded(pending)]) == [False]
    assert ports.predictions.finish([succeeded(pending)], redriven=True) == [False]


def test_erasing_what_is_finished_takes_its_document(ports: Ports, pending: Prediction) -> None:
    for code in (None, Code.DEAD_LETTER):
        one = replace(pending, prediction_id=f"erased-{code}")
        ports.predictions.finish([failed(one, code) if code else succeeded(one)])
        ports.predictions.erase(one)
        ports.predictions.erase(one)
        found = row(ports, one.prediction_id)
        assert found is not None
        assert found.document is None
        assert found.status is not Status.CANCELLED
        assert ports.predictions.finish([succeeded(one)], redriven=True) == [False]


def test_nothing_is_read_past_its_expiry(ports: Ports, pending: Prediction, clock: Clock) -> None:
    ports.predictions.finish([succeeded(pending)])
    clock.passes(3599)
    assert row(ports) is not None
    clock.passes(2)
    assert row(ports) is None


def test_a_swap_needs_the_document_that_it_expects(ports: Ports) -> None:
    swap = ports.predictions.swap
    assert swap("keys", b"1", expected=None)
    assert not swap("keys", b"2", expected=None)
    assert not swap("keys", b"2", expected=b"0")
    assert swap("keys", b"2", expected=b"1")
    assert row(ports, "keys") == Row(document=b"2", status=None)


def test_an_expired_document_may_be_claimed_again(ports: Ports, clock: Clock) -> None:
    assert ports.predictions.swap("claim", b"1", expected=None, expires_at=clock.ms + 1000)
    clock.passes(2)
    assert row(ports, "claim") is None
    assert ports.predictions.swap("claim", b"2", expected=None, expires_at=clock.ms + 1000)
    assert row(ports, "claim") == Row(document=b"2", status=None)
