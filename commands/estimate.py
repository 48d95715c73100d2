"""cli estimate: what so many predictions a month cost on AWS, and which limit they meet first."""

import json
from typing import Annotated

import typer
from pydantic_core import to_json

from commands.console import fail, out, plain_errors
from commands.deployment import Deployment
from commands.options import JsonOption, ProjectOption, StageOption
from serving.project import Project


def estimate(
    per_month: Annotated[
        int, typer.Option("--per-month", min=0, max=10**12, metavar="N", help="Records that are predicted in a month.")
    ],
    records: Annotated[int, typer.Option("--records-per-request", min=1, metavar="K", help="Records in one POST.")] = 1,
    polls: Annotated[
        int | None,
        typer.Option(
            "--polls", min=0, max=1000, metavar="P", help="GETs until a POST's answer is there.", show_default="2"
        ),
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="POSTs wait (`Prefer: wait`): no GETs, but a Lambda that is paid.")
    ] = False,
    project: ProjectOption = None,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Estimate a month's bill on AWS, and the limits that are met first.

    N records make N / K requests. Fixed is what is paid when nobody asks;
    --per-month 0 shows that alone. Memory, concurrency, throttle and alarms
    are those that `cli deploy` would set; the prices are AWS's list. It asks
    nothing of AWS, and needs no account.
    """
    with plain_errors():
        if wait and polls:
            fail("--wait needs no --polls: the answer comes with the POST. Give one of them.")
        from commands.architecture import Stack  # with what it imports of boto3, a fifth of a second
        from commands.costs.assumptions import Assumptions
        from commands.costs.bill import Bill
        from commands.costs.limits import limits
        from commands.costs.report import report
        from commands.costs.workload import Workload

        deployment = Deployment.read(backend="aws", project_dir=project, stage=stage)
        loaded = Project.load(deployment.project_dir)
        workload = Workload(
            per_month=per_month,
            records=records,
            polls=0 if wait else 2 if polls is None else polls,
            wait=wait,
            record_bytes=len(to_json(loaded.example)),
            views=len(loaded.views),
        )
        bill = Bill.of(workload, deployment, Stack.read(), Assumptions())
        found = limits(bill.course, bill.counts)
        if as_json:
            out.print_json(json.dumps({**bill.document(), "limits": [limit.document() for limit in found]}))
            return
        for part in report(bill, found, out.width):
            out.print(part, highlight=False)
