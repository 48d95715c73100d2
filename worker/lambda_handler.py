"""The worker Lambda: libraries, clients and model are loaded while this is imported, before the first batch."""

from serving.start import starting

with starting():
    from serving.backend import connect
    from serving.logs import log_as
    from serving.redaction import discreet
    from serving.settings import Settings
    from worker.main import Worker

    settings = Settings.read()
    log_as(settings.log_level, records=settings.log_records)
    handler = discreet(Worker.build(settings, connect(settings), patient=True), records=settings.log_records)
