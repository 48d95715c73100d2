"""Which numpy, scipy and pandas an older scikit-learn runs with: its metadata says only what is too old."""

from packaging.version import Version

OLDEST = "1.5"
"""scikit-learn whose pickles are run, as pyproject.toml has it."""
# The first versions that came out after it, each with its year and month. All four were tried with pickles made
# under them, warnings being errors; a new line belongs here when the lock moves to a new minor.
_CEILINGS = {
    "1.5": ("numpy<2.2", "scipy<1.15", "pandas<2.3"),  # 2024-05
    "1.6": ("numpy<2.3", "scipy<1.16", "pandas<2.3"),  # 2024-12
    "1.7": ("numpy<2.4", "scipy<1.17", "pandas<3"),  # 2025-06
    "1.8": ("numpy<2.5", "scipy<1.18", "pandas<3.1"),  # 2025-12
}


def minor(version: str) -> str:
    """1.5 of 1.5.2."""
    return ".".join(str(part) for part in Version(version).release[:2])


def ceilings(scikit_learn: str) -> tuple[str, ...]:
    """Constraints on what goes with this version; none for one that is newer than the table."""
    return _CEILINGS.get(minor(scikit_learn), ())
