"""Runs uv, which resolves and installs for a platform that is not this one."""

import re
import subprocess
from collections.abc import Sequence

from serving.errors import ConfigurationError


class Unresolvable(ConfigurationError):
    """No set of versions fits; `reason` is uv's."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The libraries can't be resolved: {reason}. Change requirements.txt, or the versions the model was made "
            "with."
        )
        self.reason = reason


_UNREACHABLE = re.compile(r"Failed to fetch|error sending request|HTTP status|dns error|timed out", re.IGNORECASE)


def run_uv(*arguments: str | Sequence[str]) -> None:
    """`uv pip ...`. Raises ConfigurationError with uv's reason and what to do; Unresolvable is one."""
    from uv import find_uv_bin

    words = [word for part in arguments for word in ([part] if isinstance(part, str) else part)]
    finished = subprocess.run(
        [find_uv_bin(), "--quiet", "--no-progress", "pip", *words], capture_output=True, text=True, check=False
    )
    if finished.returncode:
        raise _explained(finished.stderr)


def _explained(stderr: str) -> ConfigurationError:
    lines = [re.sub(r"^[\s×╰├─▶│]*(error|cause|hint|Caused by):?\s*", "", line).strip() for line in stderr.splitlines()]
    reason = " ".join(line for line in lines if line).rstrip(".")
    if _UNREACHABLE.search(stderr):
        return ConfigurationError(
            f"uv can't read the package index: {reason}. Set UV_DEFAULT_INDEX to the index that pip uses "
            "(`pip config get global.index-url`; without one, https://pypi.org/simple)."
        )
    if "hash mismatch" in stderr.lower():
        return ConfigurationError(
            f"The index offers other files than the hashes of poetry.lock or requirements.txt allow: {reason}."
        )
    return Unresolvable(reason)
