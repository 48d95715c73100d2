"""What must be loaded before the example can be answered."""

from collections.abc import Sequence

from serving.ports import FeatureStore
from serving.project import Project
from serving.views import FeatureView


def lacking(project: Project, store: FeatureStore) -> Sequence[FeatureView]:
    """The views whose features the example neither brings along nor finds in the store. Raises StoreUnavailable."""
    example = project.example
    keys = {
        view.name: key
        for view in project.views.values()
        if any(example.get(column) is None for column in {*view.columns} - view.defaults.keys())
        and (key := view.key(example)) is not None
    }
    found = store.read(list(keys.items()))
    return [project.views[name] for name, features in zip(keys, found, strict=True) if features is None]
