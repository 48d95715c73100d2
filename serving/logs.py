"""What a Lambda logs: our own lines at LOG_LEVEL, everybody else's from WARNING on."""

import logging

from serving.redaction import redact

OURS = ("app", "worker", "serving", "mangum.http")


def log_as(level: str, *, records: bool) -> None:
    """`records`: whether errors may quote them.

    The runtime has set up the handler and its JSON; botocore at DEBUG would bury what we say.
    """
    logging.basicConfig(format="%(levelname)s %(name)s %(message)s")  # where no runtime has: in the emulated AWS
    logging.getLogger().setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(level)
    if not records:
        redact()
