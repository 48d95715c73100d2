"""What every store promises: the first terminal write wins, and what is erased stays erased."""

import random

from serving.ports import Row
from serving.prediction import Code, Failure, Prediction, Status
from tests.contract.conftest import Clock, Ports


def succeeded(pending: Prediction, result: bytes = b'{"prediction":1}') -> Prediction:
    return pending._replace(status=Status.SUCCEEDED, result=result, finished_at=pending.accepted_at + 5)


def failed(pending: Prediction, code: Code) -> Prediction:
    return pending._replace(status=Status.FAILED, error=Failure(code=code, message="why"), finished_at=1)


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
    ports.predictions.finish([succeeded(pending)._replace(prediction_id=name) for name in ("x", "y")])
    found = ports.predictions.get(["y", "nothing", "x"])
    assert [r and b'"y"' in (r.document or b"") for r in found] == [True, None, False]


def test_what_is_read_at_once_is_what_is_read(ports: Ports, pending: Prediction) -> None:
    ports.predictions.finish([succeeded(pending)._replace(prediction_id=name) for name in ("x", "y")])
    ports.predictions.erase(pending)
    keys = ["y", "nothing", "a-prediction", "x"]
    assert ports.predictions.get_at_once(keys) in (None, ports.predictions.get(keys))


def test_the_first_terminal_write_wins(ports: Ports, pending: Prediction) -> None:
    first, second = succeeded(pending), succeeded(pending, b'{"prediction":2}')
    assert ports.predictions.finish([first]) == [True]
    assert ports.predictions.finish([second, failed(pending, Code.ROW_REJECTED)]) == [False, False]
    assert ports.predictions.finish([second], redriven=True) == [False]
    assert row(ports) == Row(document=first.to_json(), status=Status.SUCCEEDED)


def test_of_answers_that_are_written_together_each_is_told_whether_it_was_the_first(
    ports: Ports, pending: Prediction
) -> None:
    answers = [succeeded(pending, b'{"prediction":%d}' % i)._replace(prediction_id=f"p{i}") for i in range(6)]
    ports.predictions.erase(answers[1])
    ports.predictions.finish([failed(pending, Code.ROW_REJECTED)._replace(prediction_id="p4")])
    assert ports.predictions.finish(answers) == [True, False, True, True, False, True]
    found = ports.predictions.get([answer.prediction_id for answer in answers])
    assert [row and row.status for row in found] == [
        Status.CANCELLED if i == 1 else Status.FAILED if i == 4 else Status.SUCCEEDED for i in range(6)
    ]


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
        one = pending._replace(prediction_id=f"erased-{code}")
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


def test_an_expired_document_is_what_nobody_expects(ports: Ports, clock: Clock) -> None:
    assert ports.predictions.swap("claim", b"1", expected=None, expires_at=clock.ms + 1000)
    clock.passes(2)
    assert not ports.predictions.swap("claim", b"2", expected=b"1")
    assert row(ports, "claim") is None


def large(pending: Prediction, number: int = 1) -> Prediction:
    """A result of 3 MiB that no compression makes small."""
    content = '"' + "naïve \ufffe\U0001f338" + random.Random(number).randbytes(3 * 512 * 1024).hex() + '"'
    return succeeded(pending, content.encode())


def test_results_of_every_size_are_read_as_they_were_written(ports: Ports, pending: Prediction) -> None:
    sizes = (0, 900, 1100, 5_000, 20_000, 500_000)
    answers = [
        succeeded(pending, b'"' + filler * size + b'"')._replace(prediction_id=f"{filler[0]}-{size}")
        for size in sizes
        for filler in (b"a", random.Random(size).randbytes(50).hex().encode())
    ]
    answers += [large(pending)._replace(prediction_id="large")]
    assert all(ports.predictions.finish(answers))
    found = ports.predictions.get([answer.prediction_id for answer in answers])
    assert found == [Row(document=answer.to_json(), status=Status.SUCCEEDED) for answer in answers]


def test_hundreds_are_written_and_read_at_once(ports: Ports, pending: Prediction) -> None:
    answers = [succeeded(pending)._replace(prediction_id=f"p{i}") for i in range(230)]
    assert all(ports.predictions.finish(answers))
    found = ports.predictions.get([*(a.prediction_id for a in answers), "nothing", "p7", "p7"])
    documents = [row and row.document for row in found]
    assert documents[:230] == [answer.to_json() for answer in answers]
    assert documents[230:] == [None, answers[7].to_json(), answers[7].to_json()]
    assert ports.predictions.get([]) == ports.predictions.finish([]) == []


def test_a_large_answer_obeys_the_same_rules(ports: Ports, pending: Prediction) -> None:
    ports.predictions.finish([failed(pending, Code.DEAD_LETTER)])
    first, second = large(pending, 1), large(pending, 2)
    assert ports.predictions.finish([first]) == [False]
    assert ports.predictions.finish([first], redriven=True) == [True]
    assert ports.predictions.finish([second], redriven=True) == [False]
    assert row(ports) == Row(document=first.to_json(), status=Status.SUCCEEDED)
    ports.predictions.erase(pending)
    ports.predictions.erase(pending)
    assert row(ports) == Row(document=None, status=Status.SUCCEEDED)
    assert ports.predictions.finish([second]) == [False]


def test_a_document_of_the_service_may_grow(ports: Ports) -> None:
    document = b"[]"
    assert ports.predictions.swap("api-keys", document, expected=None)
    for _ in range(3):
        longer = document + b" " * 20_000
        assert ports.predictions.swap("api-keys", longer, expected=document)
        assert not ports.predictions.swap("api-keys", longer, expected=document)
        document = longer
    assert row(ports, "api-keys") == Row(document=document, status=None)
