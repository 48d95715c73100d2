"""Every environment variable, read once; service.toml gives what the environment does not."""

import os
import tomllib
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from serving.errors import SettingsError

KIB, MIB = 1024, 1024 * 1024
Seconds = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]

VCPU = 1769
"""MiB of a Lambda's memory that come with one processor."""
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")

BACKEND_DEFAULTS: dict[str, dict[str, Any]] = {
    "local": {"wait_limit": 20, "max_records": 10_000, "max_result": 32 * MIB},
    "aws": {"wait_limit": 5, "max_records": 1_000, "max_result": 4 * MIB, "log_level": "DEBUG"},
}


class Settings(BaseModel):
    """Frozen; a field's environment variable is its name in capitals."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    project_dir: Path = Field(Path(), description="The folder that holds validation.py.")
    requirements: Path | None = Field(
        None, description="What else the model needs; else requirements.txt in the project, if it is there."
    )
    backend: Literal["local", "aws"] = Field("local", description="SQLite and a folder, or SQS, DynamoDB and S3.")
    state_dir: Path = Field(
        Path(".state"),
        description="Where the local backend keeps its SQLite file and models; in the project, if it is not given.",
    )
    service: str = Field(
        "predictions", pattern=r"^[a-z][a-z0-9-]{0,39}$", description="The service's name (`name` in service.toml)."
    )
    stage: str = Field(
        "dev", pattern=r"^[a-z][a-z0-9-]{0,19}$", description="Which deployment of it (`stage` in service.toml)."
    )
    bucket: str | None = Field(
        None, description="Where models are kept (`bucket` in service.toml): S3, or a folder; else STATE_DIR/models."
    )
    aws_region: str | None = Field(None, description="AWS region (`region` in service.toml).")
    # 1,769 MiB come with one whole processor: less is slower, and more is dearer and no faster (bench/README.md).
    worker_memory: Count = Field(VCPU, description="Memory of the worker Lambda, MiB (`memory` in service.toml).")
    worker_timeout: float = Field(
        60,
        ge=10,
        description="Longest run of a batch, seconds; then the worker is restarted (`timeout` in service.toml).",
    )

    result_ttl: int = Field(
        7 * 86_400, ge=1, le=7 * 86_400, description="How long a prediction can be read, seconds; 7 days at most."
    )
    wait_limit: Annotated[float, Field(ge=0, le=25)] = Field(
        20, description="Longest `Prefer: wait`, seconds: 20 locally, 5 on AWS."
    )
    max_records: Count = Field(10_000, description="Records in one POST: 10,000 locally, 1,000 on AWS.")
    max_body: Count = Field(4 * MIB, description="Size of one POST's body, bytes.")
    max_result: Count = Field(32 * MIB, description="Size of one result, bytes: 32 MiB locally, 4 MiB on AWS.")
    max_values: Count = Field(1_000_000, description="Values and names in one POST; less where the schema needs less.")
    max_depth: Annotated[int, Field(ge=2, le=200)] = Field(100, description="How deep a POST's JSON may nest.")
    max_string: Count = Field(2 * MIB, description="Size of one string or cell in a POST, bytes as they are sent.")
    max_url: Count = Field(
        8 * KIB,
        description="Length of a URL, bytes. This and the next six are one machine's limits; AWS has its own.",
    )
    max_headers: Count = Field(16 * KIB, description="Size of a request's line and headers, bytes; on AWS 10 KiB.")
    max_header_count: Count = Field(100, description="Headers of one request.")
    max_connections: Count = Field(
        1_000, description="Connections at once; one more takes the place of the one that is silent longest."
    )
    max_buffered: Count = Field(
        32 * MIB, description="Bytes of unfinished requests and unread answers, of all clients together."
    )
    client_timeout: Seconds = Field(
        10,
        description="How long a client may be silent, take for its headers, or be slower than CLIENT_RATE, seconds.",
    )
    client_rate: Count = Field(10_000, description="How slowly it may send a body or read an answer, bytes a second.")
    rate_limit: str = Field("", description="POSTs for each key and address, such as `100/minute`; empty: no limit.")
    cors_origins: str = Field("*", description="Origins whose pages may call the API, separated by commas.")

    max_receives: Count = Field(20, description="How often a message is tried before it becomes a dead letter.")
    batch_rows: Count = Field(10_000, description="Rows in one predict, at most.")
    batch_bytes: Count = Field(16 * MIB, description="Bytes of input in one predict, at most.")
    model_refresh: Seconds = Field(10, description="How soon workers follow a promoted model, seconds.")
    version_mismatch: Literal["refuse", "warn"] = Field(
        "refuse",
        description="A model under other library versions than its own: `warn` predicts, and says so in each result.",
    )
    predict_timeout: Seconds = Field(
        15,
        description="Longest predict, then its input is `model_timeout`, seconds; less under a short WORKER_TIMEOUT.",
    )
    predict_memory: Count = Field(1024, description="What a predict may allocate beyond the loaded model, MiB.")
    predict_threads: Count | None = Field(
        None,
        description="Threads of a predict of 2,000 rows or a second, by default one a core, 16 at most; else one.",
    )

    queue_url: str | None = Field(None, description="The SQS queue; serverless.yml sets it.")
    table: str | None = Field(None, description="The DynamoDB table of predictions; serverless.yml sets it.")
    features_table: str | None = Field(None, description="The DynamoDB table of features; serverless.yml sets it.")
    payload_bucket: str | None = Field(None, description="Where large documents travel; serverless.yml sets it.")

    sqlite_synchronous: Literal["normal", "full"] = Field(
        "normal", description="`full` survives a power cut too, at a quarter of the speed."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="What is logged: INFO locally, DEBUG on AWS, where it shows the way of each prediction."
    )
    log_records: bool = Field(
        False, description="Whether the log shows what unforeseen errors say: that may quote records."
    )

    @model_validator(mode="before")
    @classmethod
    def _defaults_of_the_backend(cls, values: dict[str, Any]) -> dict[str, Any]:
        chosen = {**BACKEND_DEFAULTS.get(values.get("backend", "local"), {}), **values}
        with suppress(TypeError, ValueError):  # a worker_timeout that is no number is refused as itself
            chosen.setdefault("state_dir", Path(values.get("project_dir", "")) / ".state")
            chosen.setdefault("predict_timeout", min(15.0, (float(chosen.get("worker_timeout", 60)) - 8) / 2))
        return chosen

    @model_validator(mode="after")
    def _time_for_quarantine(self) -> Self:
        if self.worker_timeout < 2 * self.predict_timeout + 8:
            raise ValueError(
                f"WORKER_TIMEOUT ({self.worker_timeout:g} s) must be at least twice PREDICT_TIMEOUT "
                f"({self.predict_timeout:g} s) and 8 seconds: quarantine loads the model and predicts twice."
            )
        return self

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ, **overrides: Any) -> Self:
        """Settings from service.toml, then the environment, then `overrides` that are not None.

        Raises SettingsError that names the variable or the line.
        """
        given = {name: environ[name.upper()] for name in cls.model_fields if environ.get(name.upper())}
        given |= {name: value for name, value in overrides.items() if value is not None}
        from_file = _service_toml(Path(given.get("project_dir", ".")))
        try:
            return cls.model_validate({**from_file, **given})
        except ValidationError as error:
            first = error.errors()[0]
            if not first["loc"]:
                raise SettingsError(str(first["ctx"]["error"])) from error
            name = str(first["loc"][0])
            where = name.upper()
            if name in from_file and name not in given:
                where = f"{SERVICE_TOML_NAMES[name]} in service.toml"
            raise SettingsError(f"{where} is {first['input']!r}: {first['msg']}") from error

    @property
    def models_at(self) -> str:
        """The bucket that holds the models: a folder's path or an S3 bucket's name."""
        if self.bucket and (self.backend == "aws" or is_folder(self.bucket)):
            return self.bucket
        folder = str(self.state_dir / "models")
        return folder if is_folder(folder) else f"./{folder}"

    def with_one_thread(self, environ: MutableMapping[str, str] = os.environ) -> Self:
        """For a process that predicts, before it imports numpy: OpenMP and OpenBLAS begin with a single thread.

        By themselves they start one for each processor. Those that have nothing to do spin for a while, and the API
        needs that processor; on Lambda they use up what the memory pays for.
        """
        most = self.predict_threads or _threads(environ)
        environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))
        return self.model_copy(update={"predict_threads": most})

    def environment(self) -> dict[str, str]:
        """These settings as environment variables, for a child process."""
        values = self.model_dump(mode="json", exclude_none=True)
        return {name.upper(): str(value) for name, value in values.items()}


def _threads(environ: Mapping[str, str]) -> int | None:
    """What whoever runs us allows OpenMP, OpenBLAS or the Lambda, if anything: the least of it."""
    allowed = [environ.get(name, "").partition(",")[0].strip() for name in THREAD_VARIABLES]
    numbers = [int(text) for text in allowed if text.isdecimal() and int(text)]
    memory = environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")  # whatever it pays for, two processors or more are seen
    if memory is not None:
        numbers.append(max(1, int(memory) // VCPU))
    return min(numbers, default=None)


FROM_SERVICE_TOML = {
    "name": "service",
    "bucket": "bucket",
    "region": "aws_region",
    "stage": "stage",
    "memory": "worker_memory",
    "timeout": "worker_timeout",
}
SERVICE_TOML_NAMES = {field: name for name, field in FROM_SERVICE_TOML.items()}


def is_folder(bucket: str) -> bool:
    """Whether BUCKET names a folder; everything else is an S3 bucket."""
    return bucket[:1] in {".", "/", "~", "\\"} or bucket[1:2] == ":"


def same_bucket(one: str, other: str) -> bool:
    """Whether both name the same place, however each is written."""
    if is_folder(one) and is_folder(other):
        return Path(one).expanduser().resolve() == Path(other).expanduser().resolve()
    return one.removeprefix("s3://") == other.removeprefix("s3://")


def _service_toml(project_dir: Path) -> dict[str, Any]:
    path = project_dir / "service.toml"
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path} can't be read: {error}") from error
    unknown = sorted(set(values) - set(FROM_SERVICE_TOML))
    if unknown:
        raise SettingsError(f"{path} has {', '.join(unknown)}; it may have {', '.join(FROM_SERVICE_TOML)}.")
    found = {FROM_SERVICE_TOML[name]: value for name, value in values.items()}
    bucket = found.get("bucket")
    if isinstance(bucket, str) and is_folder(bucket) and not bucket.startswith("~"):
        found["bucket"] = str((project_dir / bucket).resolve())  # wherever the command is run
    return found
