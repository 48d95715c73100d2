"""The worker Lambda: libraries, clients and model are loaded while this is imported, before the first batch."""

from serving.start import around_snapshots, starting

with starting():
    from serving.backend import connect
    from serving.logs import log_as
    from serving.redaction import discreet
    from serving.settings import Settings
    from worker.ahead import fetching

    settings = Settings.read().with_one_thread()
    log_as(settings.log_level, records=settings.log_records)
    with fetching(connect(settings, sends=False)) as backend:
        from worker.main import Worker  # and, with it, pandas and scikit-learn: a second

        worker = Worker.build(settings, backend, patient=True)
    around_snapshots(before=backend.disconnect)
    handler = discreet(worker, records=settings.log_records)
