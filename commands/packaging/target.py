"""What a package is built for: a Python minor and a platform, Lambda's or this machine's."""

import platform
import sys
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from packaging.markers import Marker

from commands.deployment import HERE

PLATFORMS = {"arm64": "aarch64", "x86_64": "x86_64"}
GLIBC = "2.28"
"""The oldest C library that the wheels may ask for; Amazon Linux 2023 has 2.34."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """`host`: this machine and the running Python; else Lambda with `python` on `architecture`."""

    python: str
    architecture: str
    host: bool = False

    @classmethod
    def here(cls) -> "Target":
        """What the emulator runs."""
        return cls(python=HERE, architecture=platform.machine(), host=True)

    @property
    def name(self) -> str:
        """For file names and people, such as 3.13-arm64."""
        return f"{self.python}-{self.architecture}{'-host' if self.host else ''}"

    @property
    def compiled(self) -> bool:
        """Whether this Python can compile for it: .pyc files belong to one minor."""
        return self.python == HERE

    @property
    def uv_options(self) -> list[str]:
        """uv's words for it; every wheel is one that runs there, whatever runs here."""
        options = ["--python", sys.executable]
        if not self.host:
            system = f"{PLATFORMS[self.architecture]}-manylinux_{GLIBC.replace('.', '_')}"
            options += ["--python-platform", system, "--python-version", self.python]
        return options

    def fits(self, marker: str | None) -> bool:
        """Whether a requirement with this marker is needed there."""
        return marker is None or Marker(marker).evaluate(None if self.host else self._environment)

    @property
    def _environment(self) -> dict[str, str | AbstractSet[str]]:
        return {
            "implementation_name": "cpython",
            "implementation_version": f"{self.python}.0",
            "os_name": "posix",
            "platform_machine": PLATFORMS[self.architecture],
            "platform_python_implementation": "CPython",
            "platform_system": "Linux",
            "python_full_version": f"{self.python}.0",
            "python_version": self.python,
            "sys_platform": "linux",
        }
