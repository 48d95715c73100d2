"""In the child: loads the model file that was scanned, and no other."""

import hashlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from commands.fitted.origins import check_origins
from serving.errors import ModelRefused
from worker.model import unpickle


def loaded(argument: Mapping[str, Any]) -> Any:
    """The object in the file `model`, whose `sha256` was scanned; modules are found in the folder `project`.

    `names`: module and name of each class and function in it.

    Raises ModelRefused.
    """
    folder = str(Path(argument["project"]).resolve())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    path = Path(argument["model"])
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != argument["sha256"]:
        raise ModelRefused(f"{path} has changed since it was scanned: try again.")
    check_origins((module, name) for module, name in argument["names"])
    return unpickle(content)
