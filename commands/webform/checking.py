"""python -m commands.webform.checking      biome, tsc and vitest on webform/, by whichever Node there is."""

import subprocess
import sys

from commands.node import find_node
from commands.webform.building import WEBFORM

STEPS = (
    ("@biomejs/biome/bin/biome", "check", "."),
    ("typescript/bin/tsc", "--noEmit"),
    ("vitest/vitest.mjs", "run"),
)


def main() -> int:
    """The exit code of the first step that fails, or 0."""
    node = find_node().node
    for script, *arguments in STEPS:
        command = [*node, f"node_modules/{script}", *arguments]
        print(" ".join(command), flush=True)  # noqa: T201
        code = subprocess.run(command, cwd=WEBFORM, check=False).returncode
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
