"""Writes the parts of README that come from the code: the settings table and the notebook snippet.

python -m commands.readme      `make docs` calls it; a test fails when README is behind
"""

from pathlib import Path

from app.info import PYTHON
from commands.deployment import Deployment

README = Path(__file__).parent.parent / "README.md"
URL = "http://127.0.0.1:8000"


def settings_table() -> str:
    """Every environment variable with its default and what it does."""
    rows = ["| variable | default | what it does |", "|---|---|---|"]
    for name, field in Deployment.model_fields.items():
        default = "" if field.default in {None, ""} else f"`{field.default}`"
        rows.append(f"| `{name.upper()}` | {default} | {field.description} |")
    return "\n".join(rows)


def written(text: str) -> str:
    """README with those parts as the code has them."""
    parts = {"settings": settings_table(), "snippet": f"```python\n{PYTHON.format(url=URL)}```"}
    for name, part in parts.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        before, _, rest = text.partition(begin)
        _, found, after = rest.partition(end)
        if not found:
            raise ValueError(f"README has no place for {name}: {begin.strip()} … {end}")
        text = before + begin + part + "\n" + end + after
    return text


if __name__ == "__main__":
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
