"""A few lines of Python, ready to run as printed, that make a Pipeline of what a model file holds."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from commands.pickles.inspection import Inspection, inspect_model
from commands.pickles.shape import Shape
from serving.errors import ModelRefused

SUFFIXES = {".pkl", ".pickle", ".joblib", ".sav", ".gz", ".z", ".bz2", ".xz"}
NEIGHBOURS = 20
LARGEST = 500 << 20
"""Files beside a model that are looked at for its other half: how many, and up to how many bytes."""

ONE = "# Put all steps from the raw columns to the prediction into one Pipeline, fit that and pickle it."
TRANSFORMERS = ("transformer",)
PREDICTORS = ("predictor", "search")


@dataclass(frozen=True, kw_only=True)
class Script:
    """Python that loads a file as `model`, makes `pipeline` of it, and writes that beside it."""

    notes: Sequence[str] = ()  # comments above it
    first: Sequence[str] = ()  # imports of the user's own
    more: Sequence[str] = ()  # between loading and making
    pipeline: str

    def text(self, path: Path, format: str) -> str:
        body = [_load("model", path, format), *self.more, f"pipeline = {self.pipeline}"]
        body.append(f"Path({str(renamed(path))!r}).write_bytes(pickle.dumps(pipeline))")
        code = "\n".join(body)
        makers = [name for name in ("Pipeline", "make_pipeline") if f"{name}(" in code]
        imports = ["import pickle", "from pathlib import Path"]
        if "joblib.load(" in code:
            imports.append("import joblib")
        if makers:
            imports.append(f"from sklearn.pipeline import {', '.join(makers)}")
        return "\n".join([*self.notes, *imports, *self.first, "", *body])


def advice(inspection: Inspection) -> str | None:
    """None for a Pipeline that needs nothing, and for a file that must not be loaded."""
    if inspection.dangers:
        return None
    script = _script(inspection)
    if inspection.main:
        script = _out_of_main(inspection.main, script)
    return script if script is None or isinstance(script, str) else script.text(inspection.path, inspection.format)


def renamed(path: Path) -> Path:
    """Where the Pipeline is written: model.pkl becomes model.pipeline.pkl."""
    name = path.name
    while Path(name).suffix in SUFFIXES:
        name = Path(name).stem
    return path.with_name(f"{name}.pipeline.pkl")


def _script(inspection: Inspection) -> Script | str | None:
    """What makes a Pipeline; a comment where a few lines can't; None where it is one."""
    shape, path = inspection.shape, inspection.path
    match shape.kind:
        case "pipeline":
            ends = shape.predicts or not shape.members
            return None if ends else _with_other(shape, path, 'Pipeline([*model.steps, ("model", {other})])')
        case "transformer":
            return _with_other(shape, path, "make_pipeline(model, {other})")
        case "predictor":
            return _of_predictor(shape, path)
        case "search":
            return _best(shape)
        case "collection":
            return _of_collection(shape)
        case _:
            return ONE


def _of_predictor(shape: Shape, path: Path) -> Script:
    half = _beside(path, lambda other: other.kind in TRANSFORMERS and shape.follows(other))
    if half is None:
        return Script(pipeline="make_pipeline(model)")
    return Script(more=[_load("features", half.path, half.format)], pipeline="make_pipeline(features, model)")


def _best(shape: Shape) -> Script | str:
    if not shape.members:
        return "# The search has no best_estimator_: fit it with refit=True and save it again."
    return Script(pipeline=_taken("model", shape, alone=True))


def _taken(name: str, shape: Shape, *, alone: bool = False) -> str:
    """The expression of something that predicts; `alone`: as a Pipeline, not as the step of one."""
    if shape.kind == "search" and shape.members:
        name, shape = f"{name}.best_estimator_", shape.members[0]
    return name if not alone or shape.kind == "pipeline" else f"make_pipeline({name})"


def _with_other(shape: Shape, path: Path, pipeline: str) -> Script:
    """Joined with what is in another file: the one beside it that can be meant, or a name to fill in."""
    last = shape.members[-1] if shape.kind == "pipeline" and shape.members else shape
    other = _beside(path, lambda other: other.kind in PREDICTORS and other.follows(last))
    if other is not None:
        line = _load("classifier", other.path, other.format)
        return Script(more=[line], pipeline=pipeline.format(other=_taken("classifier", other.shape)))
    line = _load("classifier", path.with_name("classifier.pkl"), "pickle")
    note = "# It can't predict by itself: put the file with its classifier or regressor in place of classifier.pkl."
    return Script(notes=[note], more=[line], pipeline=pipeline.format(other="classifier"))


def _of_collection(shape: Shape) -> Script | str:
    """Of a tuple, list or dict: its transformers in their order, then what predicts."""
    predicting = [member for member in shape.members if member.predicts]
    if len(predicting) != 1 or not predicting[0].access:
        return ONE
    (last,) = predicting
    before = [member for member in shape.members if _transforms(member) and member.access]
    notes = [
        f"# model{member.access}, a {member.text}, is left out: fit the classifier on the labels themselves."
        for member in shape.members
        if member.text in {"LabelEncoder", "LabelBinarizer"}
    ]
    if not before:
        return Script(notes=notes, pipeline=_taken(f"model{last.access}", last, alone=True))
    steps = [f"model{member.access}" for member in before] + [_taken(f"model{last.access}", last)]
    return Script(notes=notes, pipeline=f"make_pipeline({', '.join(steps)})")


def _transforms(shape: Shape) -> bool:
    return shape.kind == "transformer" or (shape.kind == "pipeline" and not shape.predicts)


def _out_of_main(names: Sequence[str], script: Script | str | None) -> Script | str:
    """The names move into a module, and the file is written anew with them found there."""
    listed = ", ".join(names)
    notes = [
        f"# Move {listed} into features.py beside validation.py, import it from there in train.py and train again.",
    ]
    whole = [name for name in names if name.isidentifier()]
    if isinstance(script, str) or len(whole) < len(names):
        return "\n".join([*notes, *([script] if isinstance(script, str) else [])])
    notes.append("# Or run this as a script of its own beside features.py, once that has it:")
    inner = script or Script(pipeline="model")
    return Script(
        notes=[*notes, *inner.notes],
        first=[f"from features import {', '.join(whole)}  # in a script, this is where __main__ is looked for"],
        more=inner.more,
        pipeline=inner.pipeline,
    )


def _load(name: str, path: Path, format: str) -> str:
    if format == "joblib":
        return f"{name} = joblib.load({str(path)!r})"
    return f"{name} = pickle.loads(Path({str(path)!r}).read_bytes())"


def _beside(path: Path, fits: Callable[[Shape], bool]) -> Inspection | None:
    """The one model file in the same folder that fits; None when there is none or a choice."""
    found = [inspection for inspection in _neighbours(path) if fits(inspection.shape)]
    return found[0] if len(found) == 1 else None


def _neighbours(path: Path) -> Iterator[Inspection]:
    files = [file for file in sorted(path.parent.iterdir()) if file.suffix in SUFFIXES and file.is_file()]
    for file in files[:NEIGHBOURS]:
        if file.resolve() == path.resolve() or file.stat().st_size > LARGEST:
            continue
        try:
            inspection = inspect_model(file)
        except ModelRefused:
            continue
        if not inspection.dangers and not inspection.main:
            yield inspection
