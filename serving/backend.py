"""The composition root of both Lambdas: connect(settings) imports the backend that was chosen, and no other."""

from serving.adapters import Backend
from serving.errors import SettingsError
from serving.settings import Settings


def connect(settings: Settings) -> Backend:
    """The backend that BACKEND names. Raises SettingsError for one that this version does not have."""
    if settings.backend == "local":
        from serving.local.connect import connect_local

        return connect_local(settings)
    raise SettingsError("BACKEND=aws comes with the next version; BACKEND=local is the default.")
