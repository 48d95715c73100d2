"""cli features load | show: what the worker looks up for the entities that a record names."""

import json
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json
from rich.markup import escape
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from app.csv_body import converter
from commands.console import err, fail, out, plain_errors, say
from commands.entities.reading import read_entities
from commands.options import DeployedOption, JsonOption, ProjectOption, StateOption
from commands.reach import reach
from serving.errors import ProjectError, ServingError, StoreUnavailable
from serving.json_schema import types
from serving.ports import FeatureStore
from serving.project import Project
from serving.schemas import column_of
from serving.views import FeatureView

BATCH = 1_000
"""Entities that are handed to the store at once."""

app = typer.Typer(no_args_is_help=True, help="Features that the worker looks up.")
ViewArgument = Annotated[str, typer.Argument(metavar="VIEW", help="A view of FEATURE_VIEWS in validation.py.")]


@app.command()
def load(
    view: ViewArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, or CSV packed by gzip: entities and features.")],
    project: ProjectOption = None,
    state_dir: StateOption = None,
    stage: DeployedOption = None,
) -> None:
    """Load the features of entities from a file.

    The whole file is checked first: when a line is bad, nothing is loaded. What
    the store has of an entity is replaced at once; other entities stay.
    """
    with plain_errors():
        settings, backend = reach(project, state_dir, stage)
        count = load_features(backend.features, view_of(Project.load(settings.project_dir), view), file)
        where = "the service on this machine" if stage is None else f"{settings.service} at the stage {stage}"
        say(f"{loaded(view, count)} into {where}.")


@app.command(context_settings={"ignore_unknown_options": True})  # -1 is a value
def show(
    view: ViewArgument,
    values: Annotated[
        list[str], typer.Argument(metavar="VALUE", help="Whose: a value for each of the view's entities, in order.")
    ],
    project: ProjectOption = None,
    state_dir: StateOption = None,
    stage: DeployedOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the features of an entity; exit with 1 when there are none."""
    with plain_errors():
        settings, backend = reach(project, state_dir, stage)
        found = view_of(Project.load(settings.project_dir), view)
        (features,) = backend.features.read([(found.name, key_of(found, values))])
        if features is None:
            named = ", ".join(f"{entity} {value}" for entity, value in zip(found.entities, values, strict=True))
            fail(f"{view} has no features of {named}: `cli features load {view} FILE` loads some.")
        features = {column: features[column] for column in found.columns if column in features}
        if as_json:
            out.print_json(json.dumps(features))
            return
        table = Table("feature", "value", box=None)
        for name, value in features.items():
            table.add_row(escape(name), escape(value if isinstance(value, str) else json.dumps(value)))
        out.print(table)


def load_features(store: FeatureStore, view: FeatureView, path: Path) -> int:
    """Write the entities of a file into the store, with progress on stderr; how many they are.

    Raises FileRefused before anything is written, StoreUnavailable that says how far it came.
    """
    with _progress() as progress:
        task = progress.add_task(f"checking {escape(path.name)}", total=_size(path), rows=0)
        lines = 0

        def advance(more: int, position: int) -> None:
            nonlocal lines
            lines += more
            progress.update(task, completed=position, rows=lines)

        with closing(read_entities(path, view, note=_note, advance=advance)) as entities:
            total, written = len(entities), 0
            task = progress.add_task(f"loading {escape(view.name)}", total=total, rows=0)
            for batch in entities.batches(BATCH):
                try:
                    store.write(view.name, batch)
                except StoreUnavailable as error:
                    far = f"{written:,} of {total:,} entities of {view.name} are written, and maybe some more"
                    raise StoreUnavailable(f"{error}. {far}: run the same command again.") from error
                written += len(batch)
                progress.update(task, completed=written, rows=written)
    return total


def loaded(view: str, count: int) -> str:
    """The beginning of a sentence."""
    return f"{view}: {count:,} {'entity is' if count == 1 else 'entities are'} loaded"


def view_of(project: Project, name: str) -> FeatureView:
    """The project's view of that name. Raises ProjectError that says which there are, or how to declare one."""
    if not project.views:
        raise ProjectError(
            f"{project.folder / 'validation.py'} declares no feature views: give it a pydantic class for the features "
            'of a user, say, and FEATURE_VIEWS = {"users": {"entities": ["user_id"], "features": UserFeatures}}.'
        )
    if name not in project.views:
        raise ProjectError(f"There is no feature view {name}: validation.py declares {', '.join(project.views)}.")
    return project.views[name]


def key_of(view: FeatureView, values: Sequence[str]) -> str:
    """The store's key of the entity with these values, as a line of CSV has them. Raises ServingError."""
    if len(values) != len(view.entities):
        wanted = f"{len(view.entities)} values in this order" if len(view.entities) > 1 else "one value"
        raise ServingError(f"{view.name} is looked up by {', '.join(view.entities)}: give {wanted}.")
    types_of = {column_of(name, field): field.rebuild_annotation() for name, field in view.row.model_fields.items()}
    record = {entity: _read(entity, text, types_of[entity]) for entity, text in zip(view.entities, values, strict=True)}
    key = view.key(record)
    if key is None:
        raise ServingError(f"{', '.join(view.entities)} must not be empty.")
    return key


def _read(entity: str, text: str, kind: Any) -> Any:
    """The value as JSON has it."""
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    schema = adapter.json_schema()
    cell = converter(types(schema, schema.get("$defs", {})), required=True)(text)
    try:
        return adapter.dump_python(adapter.validate_json(to_json(cell)), mode="json")
    except ValidationError as error:
        raise ServingError(f"{entity} is {text!r}: {error.errors()[0]['msg']}.") from None


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None


def _note(text: str) -> None:
    err.print(escape(text), style="yellow", highlight=False, soft_wrap=True)


def _progress() -> Progress:
    rows = TextColumn("{task.fields[rows]:,} rows")
    progress = Progress(
        TextColumn("{task.description}"), BarColumn(), rows, _Rate(), TimeRemainingColumn(), console=err
    )
    progress.disable = not err.is_terminal
    return progress


class _Rate(ProgressColumn):
    """Rows a second, on the whole."""

    def render(self, task: Task) -> Text:
        seconds = task.finished_time or task.elapsed
        return Text(f"{task.fields['rows'] / seconds:,.0f}/s" if seconds else "")
