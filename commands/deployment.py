"""What a deployment needs to know beyond what the running service reads: more environment variables, same rules."""

import shlex
import sys
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from serving.errors import SettingsError
from serving.settings import MIB, Settings

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


def _number(value: Any) -> Any:
    """The environment has texts alone, and a Literal takes none for a number."""
    return int(value) if isinstance(value, str) and value.isdecimal() else value


class Deployment(Settings):
    """Settings of `cli package` and `cli deploy`; with the running Python, its compiled files can be shipped."""

    # 3.11 on Lambda is on Amazon Linux 2, too old for today's scikit-learn.
    python_version: Literal["3.12", "3.13"] = Field(
        "3.12" if HERE == "3.12" else "3.13",
        description="Python on Lambda, 3.12 or 3.13; the one that runs `cli deploy` starts fastest.",
    )
    architecture: Literal["arm64", "x86_64"] = Field("arm64", description="Processor of the Lambdas: arm64 or x86_64.")
    api_memory: Annotated[int, Field(ge=128, le=10_240)] = Field(1024, description="Memory of the API Lambda, MiB.")
    batch_size: Annotated[int, Field(ge=1, le=10_000)] = Field(
        10, description="Messages that a worker Lambda is given."
    )
    batch_window: Annotated[int, Field(ge=0, le=300)] = Field(
        0, description="How long SQS gathers a batch, seconds; a BATCH_SIZE over 10 needs 1 or more."
    )
    worker_concurrency: Annotated[int, Field(ge=2, le=1_000)] = Field(
        10, description="Worker Lambdas that run at the same time, at most."
    )
    throttle_rate: Annotated[int, Field(ge=1)] = Field(100, description="Requests per second that the gateway lets in.")
    throttle_burst: Annotated[int, Field(ge=1)] = Field(200, description="Requests that it lets in at once.")
    package_for: Literal["lambda", "host"] = Field(
        "lambda", description="`host` packages for this machine and Python: what an emulated AWS runs."
    )
    log_days: Annotated[Literal[1, 3, 5, 7, 14, 30, 60, 90, 180, 365], BeforeValidator(_number)] = Field(
        30, description="How long logs are kept, days."
    )
    alarm_email: str | None = Field(
        None,
        pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
        description="Who is told of dead letters, delays and errors; empty: nobody.",
    )
    snap_start: bool = Field(
        default=False,
        description="Whether API and worker start from snapshots (SnapStart): $3.90 a month for a GiB of their memory.",
    )
    dashboard: bool = Field(default=False, description="Whether a CloudWatch dashboard is made.")
    permissions_boundary: str | None = Field(
        None,
        pattern=r"^arn:aws[a-z-]*:iam::(\d{12}|aws):policy/[\w+=,.@/-]+$",
        description="ARN of the policy that bounds the Lambdas' roles; `cli setup-ci` makes one.",
    )

    @model_validator(mode="after")
    def _as_aws_takes_it(self) -> Self:
        if self.batch_size > 10 and not self.batch_window:
            raise ValueError(f"BATCH_SIZE ({self.batch_size}) over 10 needs a BATCH_WINDOW of 1 second or more.")
        if self.worker_timeout > 900:
            raise ValueError(f"WORKER_TIMEOUT ({self.worker_timeout:g} s) can't be over 900: no Lambda runs longer.")
        if not 128 <= self.worker_memory <= 10_240:
            raise ValueError(f"WORKER_MEMORY ({self.worker_memory} MiB) must be from 128 to 10240 on Lambda.")
        if max(self.max_body, self.max_result) > LARGEST_ON_AWS:
            raise ValueError(f"MAX_BODY and MAX_RESULT can't be over {LARGEST_ON_AWS} on AWS: a Lambda carries 6 MB.")
        if self.max_receives > 1_000:
            raise ValueError(f"MAX_RECEIVES ({self.max_receives}) can't be over 1000 on AWS.")
        if len(self.stack) > 51:
            raise ValueError(f"SERVICE and STAGE together have {len(self.stack) - 1} characters; functions allow 50.")
        return self

    @property
    def stack(self) -> str:
        """The CloudFormation stack's name, and the prefix of what it holds."""
        return f"{self.service}-{self.stage}"

    @property
    def visibility(self) -> int:
        """Seconds that a received message stays hidden: AWS asks for six times the time-out, plus the window."""
        return 6 * int(self.worker_timeout) + self.batch_window

    def command(self, name: str) -> str:
        """A command on this very deployment, as it is typed."""
        project = "" if self.project_dir == Path() else f" --project {shlex.quote(str(self.project_dir))}"
        return f"`cli {name} --stage {self.stage}{project}`"

    def check_memory(self, model: int) -> None:
        """`model` is the size of its file in bytes. Raises SettingsError when WORKER_MEMORY does not suffice.

        Quarantine's child process holds a second copy of the libraries and of the model.
        """
        needed = 2 * (LIBRARIES_MIB + model // MIB) + self.predict_memory
        if needed > self.worker_memory:
            raise SettingsError(
                f"WORKER_MEMORY is {self.worker_memory} MiB; two processes with this model of {model // MIB} MiB and "
                f"PREDICT_MEMORY of {self.predict_memory} MiB need {needed}: set `memory` in service.toml, or less "
                "PREDICT_MEMORY."
            )


LARGEST_ON_AWS = 4_600_000
"""Bytes: as base64, which takes a third more, with headers still below the 6 MB that a Lambda's call carries."""
LIBRARIES_MIB = 200
"""Of memory, measured: Python with pandas, scikit-learn and the clients of AWS."""
BUILD = Path(__file__).parent.parent / "build"
"""Where `cli package` writes: api.zip, worker.zip and deployment.json, from which serverless.yml reads."""
CACHE = BUILD / ".cache"
"""Packaged libraries, kept for the next time."""
