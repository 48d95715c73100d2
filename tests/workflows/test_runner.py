"""What plays GitHub here would notice: an action on no list, a step that is left out, a command that fails."""

from pathlib import Path
from typing import Any

import pytest

from tests.workflows.expressions import Expression, filled
from tests.workflows.runner import Host, Ran, run_workflow

CONTEXTS = {"inputs": {"tag": "", "form": "true"}, "vars": {"A": "a"}, "steps": {"s": {"outputs": {"a-b": "1"}}}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("inputs.tag || vars.A", "a"),
        ("inputs.tag == '' && 'none' || 'some'", "none"),
        ("steps.s.outputs.a-b == '1' && inputs.form == 'true'", True),
        ("!(vars.A != 'a')", True),
        ("startsWith(vars.A, 'A')", True),
        ("vars.nothing", ""),
        ("'it''s'", "it's"),
    ],
)
def test_an_expression_comes_to_what_github_makes_of_it(text: str, value: Any) -> None:
    assert Expression(text, CONTEXTS).value() == value


def test_what_is_no_expression_is_told() -> None:
    for text in ("nobody.knows", "vars.A vars.A", "vars.A +"):
        with pytest.raises(AssertionError):
            Expression(text, CONTEXTS).value()
    assert filled("a ${{ vars.A }} b", lambda text: Expression(text, CONTEXTS).value()) == "a a b"


def ran(tmp_path: Path, jobs: str) -> Ran:
    path = tmp_path / "workflow.yml"
    path.write_text(f"on: push\njobs:\n{jobs}")
    (tmp_path / "github_step_summary").write_text("")
    return run_workflow(path, Host(workspace=tmp_path, temp=tmp_path, environment={"PATH": "/usr/bin:/bin"}, github={}))


def test_an_action_on_no_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="stranger/action@v1 is not on the list"):
        ran(tmp_path, "  one:\n    steps:\n      - uses: stranger/action@v1\n")


FAILING = """
  one:
    steps:
      - {id: first, run: 'echo "said=hello" >> "$GITHUB_OUTPUT"'}
      - {name: second, run: "false; echo unreached"}
      - {name: third, run: echo unreached}
      - {name: fourth, if: failure(), run: 'echo ${{ steps.first.outputs.said }}'}
  two:
    needs: one
    steps: [{run: echo unreached}]
"""


def test_what_comes_after_a_failure_is_not_run_and_the_failure_is_seen(tmp_path: Path) -> None:
    found = ran(tmp_path, FAILING)
    assert not found.ok
    assert found.jobs["one"].skipped == ["third"]
    assert found.skipped == ["two"]
    assert [command.output for command in found.commands()] == ["", "", "hello\n"]
