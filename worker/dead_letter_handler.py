"""The dead-letter Lambda: needs no model and no data stack, so that it can speak for a worker that can't start."""

from serving.start import starting

with starting():
    from serving.backend import connect
    from serving.logs import log_as
    from serving.redaction import discreet
    from serving.settings import Settings
    from worker.dead_letters import DeadLetterHandler

    settings = Settings.read()
    log_as(settings.log_level, records=settings.log_records)
    dead_letters = DeadLetterHandler(connect(settings), tries=settings.max_receives)
    handler = discreet(dead_letters, records=settings.log_records)
