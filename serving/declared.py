"""What a project's validation.py declares: its PredictionData, and the feature views beside it."""

import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from pydantic import BaseModel, RootModel

from serving.errors import ProjectError
from serving.view_rules import NAME as FEATURE_VIEWS
from serving.views import FeatureView, read_views

CLASS = "PredictionData"
OURS = Path(__file__).resolve().parent.parent
PACKAGES = ("app", "commands", "serving", "worker")


def declared(folder: Path) -> tuple[type[BaseModel], Mapping[str, FeatureView]]:
    """The class and the views of the folder's validation.py, which is imported. Raises ProjectError."""
    path = folder / "validation.py"
    module = _module(path)
    own = _schema(path, module)
    return own, read_views(getattr(module, FEATURE_VIEWS, {}), own)


def check_names(folder: Path) -> None:
    """Raises ProjectError for modules that would stand in the way of the service's own."""
    if folder == OURS:
        return
    taken = [name for name in PACKAGES if (folder / f"{name}.py").exists() or (folder / name / "__init__.py").exists()]
    if taken:
        raise ProjectError(f"{folder} has modules with the service's own names: rename {', '.join(taken)}.")


def _module(path: Path) -> ModuleType:
    """It, imported. Raises ProjectError."""
    if not path.is_file():
        raise ProjectError(f"There is no {path}. A project is a folder whose validation.py holds class {CLASS}.")
    spec = importlib.util.spec_from_file_location("validation", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["validation"] = module  # pydantic resolves forward references there
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # the user's code may raise anything
        raise ProjectError(f"{path} can't be imported: {type(error).__name__}: {error}") from error
    return module


def _schema(path: Path, module: ModuleType) -> type[BaseModel]:
    """Its PredictionData. Raises ProjectError."""
    found = getattr(module, CLASS, None)
    if not (isinstance(found, type) and issubclass(found, BaseModel)):
        models = [n for n, v in vars(module).items() if isinstance(v, type) and issubclass(v, BaseModel)]
        models = [name for name in models if name != "BaseModel"]
        hint = f" It has {', '.join(models)}: rename the one that describes a record." if models else ""
        raise ProjectError(f"{path} has no class {CLASS}(pydantic.BaseModel).{hint}")
    if issubclass(found, RootModel):
        raise ProjectError(f"{CLASS} in {path} is a RootModel: give it one named field for each column.")
    for name, field in found.model_fields.items():
        if field.serialization_alias not in (None, name, field.validation_alias):
            raise ProjectError(f"{CLASS}.{name} is read under one name and written under another: use alias= alone.")
    if not found.model_fields:
        raise ProjectError(f"{CLASS} in {path} has no fields: give it one for each column of the model.")
    return found
