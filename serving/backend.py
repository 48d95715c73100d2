"""The composition root of both Lambdas: connect(settings) imports the backend that was chosen, and no other."""

from serving.adapters import Backend
from serving.settings import Settings


def connect(settings: Settings, *, sends: bool = True) -> Backend:
    """The backend that BACKEND names, for somebody who sends to the queue or seldom does.

    Raises SettingsError when it lacks a setting.
    """
    if settings.backend == "local":
        from serving.local.connect import connect_local

        return connect_local(settings)
    from serving.aws.connect import connect_aws

    return connect_aws(settings, sends=sends)
