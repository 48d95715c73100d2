"""deployment.json: what serverless.yml reads, and the environment variables of every function."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from commands.deployment import Deployment
from commands.packaging.bytecode import RUNS_IN
from commands.packaging.roots import ROOTS
from commands.packaging.sources import PROJECT
from serving.declared import OURS
from serving.errors import SettingsError
from serving.settings import Settings

# serverless.yml sets what the stack generates; Lambda sets AWS_REGION; the rest has no meaning there.
NOT_PASSED_ON = {
    *("queue_url", "table", "features_table", "payload_bucket", "aws_region"),
    *("state_dir", "sqlite_synchronous", "rate_limit", "requirements"),
}


def environment(deployment: Deployment) -> dict[str, str]:
    """What differs from the defaults, as environment variables. Raises SettingsError for what AWS does otherwise."""
    if deployment.rate_limit:
        raise SettingsError("RATE_LIMIT counts on one machine only: on AWS set THROTTLE_RATE and THROTTLE_BURST.")
    defaults = Settings(backend="aws")
    always = {
        "BACKEND": "aws",
        "SERVICE": deployment.service,
        "STAGE": deployment.stage,
        "BUCKET": bucket_name(deployment),
        "PROJECT_DIR": PROJECT,
        # service.toml is in the zips: what this deployment decided otherwise must win over it there too.
        "WORKER_MEMORY": str(deployment.worker_memory),
        "WORKER_TIMEOUT": str(int(deployment.worker_timeout)),
    }
    values = deployment.model_dump(mode="json", include=set(Settings.model_fields) - NOT_PASSED_ON)
    changed = {
        name.upper(): str(value)
        for name, value in values.items()
        if value is not None and getattr(deployment, name) != getattr(defaults, name)
    }
    return {**changed, **always, **_trusted(deployment)}


def _trusted(deployment: Deployment) -> dict[str, str]:
    """Where boto3 finds whom it trusts: the five roots that sign for AWS, or its own list of a hundred and twenty.

    It reads the list anew for every connection: the long one takes 17 ms, and a worker's first batch opens ten.
    """
    known = deployment.package_for == "lambda" and _COMMERCIAL.fullmatch(deployment.aws_region or "")
    return {"AWS_CA_BUNDLE": f"{RUNS_IN}/{ROOTS}"} if known else {}


# China, GovCloud and the isolated partitions may have other certificates.
_COMMERCIAL = re.compile(r"(af|ap|ca|eu|il|me|mx|sa|us)-(central|north|south|east|west|(north|south)(east|west))-\d+")


def bucket_name(deployment: Deployment) -> str:
    """S3's name of the model bucket; empty while there is none."""
    return (deployment.bucket or "").removeprefix("s3://")


def _from_repository(path: Path) -> str:
    """As serverless.yml, which lies there, names it; absolute for what is elsewhere."""
    path = path.resolve()
    return (path.relative_to(OURS) if path.is_relative_to(OURS) else path).as_posix()


LONGEST_OUTPUT = 1_000
"""Characters of a stack's output."""


def carried(listed: str, versions: Mapping[str, str]) -> str:
    """The worker's libraries as an output of the stack: "numpy==2.4.1 scipy==1.17.0".

    Of a requirement list that is too long for it, those that the model asks for, by `versions`.
    """
    whole = " ".join(_PINNED.findall(listed))
    return whole if len(whole) <= LONGEST_OUTPUT else " ".join(f"{n}=={v}" for n, v in sorted(versions.items()))


_PINNED = re.compile(r"^[A-Za-z0-9._-]+==[^\s;\\]+", re.MULTILINE)


def deployment_document(
    deployment: Deployment, *, api: Path, worker: Path, schema_hash: str = "", libraries: str = ""
) -> dict[str, Any]:
    """deployment.json's content.

    `schema_hash` and `libraries`, as `carried` lists them, become outputs of the stack: `promote` reads them.
    """
    return {
        "service": deployment.service,
        "stage": deployment.stage,
        "stack": deployment.stack,
        "region": deployment.aws_region or "",
        "bucket": bucket_name(deployment),
        "runtime": f"python{deployment.python_version}",
        "architecture": deployment.architecture,
        "api_memory": deployment.api_memory,
        "worker_memory": deployment.worker_memory,
        "worker_timeout": int(deployment.worker_timeout),
        "visibility": deployment.visibility,
        "batch_size": deployment.batch_size,
        "batch_window": deployment.batch_window,
        "worker_concurrency": deployment.worker_concurrency,
        "max_receives": deployment.max_receives,
        "throttle_rate": deployment.throttle_rate,
        "throttle_burst": deployment.throttle_burst,
        "cors_origins": [origin.strip() for origin in deployment.cors_origins.split(",")],
        "log_days": deployment.log_days,
        "alarm_email": deployment.alarm_email or "",
        "dashboard": deployment.dashboard,
        "snap_start": deployment.snap_start,
        "permissions_boundary": deployment.permissions_boundary or {"Ref": "AWS::NoValue"},
        "api_artifact": _from_repository(api),
        "worker_artifact": _from_repository(worker),
        "schema_hash": schema_hash,
        "libraries": libraries,
        "environment": environment(deployment),
    }
