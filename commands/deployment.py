"""What a deployment needs to know beyond what the running service reads: more environment variables, same rules."""

import sys
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from serving.settings import Settings

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
RUNTIMES = ("3.12", "3.13")
"""3.11's Amazon Linux 2 is too old for today's scikit-learn."""


class Deployment(Settings):
    """Settings of `cli package` and `cli deploy`; with the running Python, its compiled files can be shipped."""

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
    log_days: Literal[1, 3, 5, 7, 14, 30, 60, 90, 180, 365] = Field(30, description="How long logs are kept, days.")
    alarm_email: str | None = Field(None, description="Who is told of dead letters, delays and errors; empty: nobody.")
    dashboard: bool = Field(default=False, description="Whether a CloudWatch dashboard is made.")

    @model_validator(mode="after")
    def _as_aws_takes_it(self) -> Self:
        if self.batch_size > 10 and not self.batch_window:
            raise ValueError(f"BATCH_SIZE ({self.batch_size}) over 10 needs a BATCH_WINDOW of 1 second or more.")
        if self.worker_timeout > 900:
            raise ValueError(f"WORKER_TIMEOUT ({self.worker_timeout:g} s) can't be over 900: no Lambda runs longer.")
        if not 128 <= self.worker_memory <= 10_240:
            raise ValueError(f"WORKER_MEMORY ({self.worker_memory} MiB) must be from 128 to 10240 on Lambda.")
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


BUILD = Path("build")
"""Where `cli package` writes: api.zip, worker.zip and deployment.json, from which serverless.yml reads."""
