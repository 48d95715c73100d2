"""cli logs: what a deployed service has logged; with an ID, the whole way of one prediction."""

import re
from typing import Annotated

import typer

from commands.console import fail, out, plain_errors, say
from commands.options import JsonOption, ProjectOption, StageOption

_SINCE = re.compile(r"(\d+)([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def logs(
    id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Only the lines of this prediction.", show_default=False)
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    since: Annotated[
        str | None, typer.Option("--since", help="How far back: 15m, 3h, 2d.", show_default="1h; 8d with an ID")
    ] = None,
    stage: StageOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the log of a deployed service, API and workers, oldest first.

    The local service logs to the terminal that `cli serve` runs in.
    """
    with plain_errors():
        from commands.aws.log import Log
        from commands.aws.stack import deployed

        log = Log(deployed(project, stage), text=id, seconds=_seconds(since or ("8d" if id else "1h")))
        count = 0
        try:
            for line in log.lines(follow=follow):
                count += 1
                if as_json:
                    out.print(line.to_json(), markup=False, highlight=False, soft_wrap=True)
                else:
                    say(str(line))
        except KeyboardInterrupt:
            return
        if not count and id:
            fail(f"No line of the last days names {id}.")


def _seconds(since: str) -> int:
    found = _SINCE.fullmatch(since)
    return int(found[1]) * _UNITS[found[2]] if found else fail(f"--since {since!r}: write it like 15m, 3h or 2d.")
