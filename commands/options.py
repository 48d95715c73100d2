"""Options and arguments that several commands share, under one name each."""

from pathlib import Path
from typing import Annotated

import typer

BUCKET_HELP = "S3: a name or s3://name. A folder starts with '.', '/', '~' or a drive letter."
BucketArgument = Annotated[str, typer.Argument(metavar="BUCKET", help=BUCKET_HELP)]
AnyBucketArgument = Annotated[
    str | None, typer.Argument(metavar="BUCKET", help=BUCKET_HELP, show_default="the service's own")
]
ProjectOption = Annotated[
    Path | None, typer.Option("--project", help="Folder with validation.py.", show_default="this one")
]
StateOption = Annotated[
    Path | None,
    typer.Option("--state-dir", help="Where queue, results and models are.", show_default=".state in the project"),
]
StageOption = Annotated[
    str | None, typer.Option("--stage", help="Which deployment on AWS.", show_default="stage in service.toml")
]
DeployedOption = Annotated[
    str | None, typer.Option("--stage", help="The service deployed on AWS.", show_default="the local one")
]
StoredOption = Annotated[
    bool, typer.Option("--stored", help="The model that `cli deploy` would take from the bucket on AWS.")
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ForceOption = Annotated[
    str | None,
    typer.Option("--force", metavar="REASON", help="Despite failed checks that it could run with.", show_default=False),
]
