"""The two kinds of process that `cli serve` supervises: the API and the workers. They end when it does.

python -m commands.processes api | worker NAME      settings come from the environment
"""

import ctypes
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

from commands.console import log_to_stderr
from serving.errors import ConfigurationError, ServingError
from serving.settings import Settings

MISCONFIGURED = 78
"""Exit code: starting again can't help. EX_CONFIG of sysexits.h."""
M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8
"""Of malloc.h."""
NEW_OBJECTS = 10_000
"""After which Python looks for garbage; by itself after 700 or 2,000. A burst of requests makes more, all in use."""
OWN_FILES = 256
"""What the API itself may have open, at most."""
READY = b"ready\n"
GO = b"go\n"


def api(settings: Settings, host: str, port: int) -> None:
    """Get ready, listen when the supervisor says so, and serve HTTP until it says stop."""
    import uvicorn

    from app.answers import HEADERS
    from app.front import Front
    from app.main import create_app
    from commands.connection import guarded
    from commands.webform.serving import mount_form

    app = create_app(settings)
    mount_form(app, settings)
    gc.freeze()  # what has been loaded stays: a collection amid a large body need not go through it
    gc.set_threshold(NEW_OBJECTS)
    _allow_files(settings.max_connections + OWN_FILES)
    _give_memory_back()
    server = uvicorn.Server(
        uvicorn.Config(
            Front(app),
            host=host,
            port=port,
            http=guarded(settings),  # type: ignore[arg-type]  # called as a class is
            ws="none",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            headers=list(HEADERS.items()),
            timeout_graceful_shutdown=5,
        )
    )

    def stop() -> None:
        server.should_exit = True

    if os.read(0, len(GO)) != GO:
        return
    _when_orphaned(stop)
    server.run()


def _allow_files(wanted: int) -> None:
    """Let this process open as many files, each connection being one; as far as the machine allows."""
    if sys.platform == "win32":
        return
    import resource

    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if now != resource.RLIM_INFINITY and now < wanted:
        within = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
        resource.setrlimit(resource.RLIMIT_NOFILE, (within, most))


def _give_memory_back() -> None:
    """Have the C library return a large block when it is freed; else it keeps what the largest requests once took."""
    if sys.platform != "linux":
        return
    with suppress(OSError, AttributeError):  # another library than GNU's has other habits
        libc = ctypes.CDLL(None)
        libc.mallopt(M_MMAP_THRESHOLD, 128 * 1024)
        libc.mallopt(M_ARENA_MAX, 2)


def worker(settings: Settings, name: str) -> None:
    """Import the libraries; once the supervisor says so load the model, tell it, and handle batches until the end."""
    from serving.local.connect import connect_local
    from serving.local.event_source import EventSource
    from worker.dead_letters import DeadLetterHandler
    from worker.garbage import keep_loaded
    from worker.main import Worker

    control = os.dup(1)
    os.dup2(2, 1)  # what the user's code prints goes to the log
    backend = connect_local(settings)
    if os.read(0, len(GO)) != GO:
        return  # the supervisor has nothing to serve
    handler = Worker.build(settings, backend, on_model=keep_loaded)
    source = EventSource(
        backend,
        worker=handler,
        dead_letters=DeadLetterHandler(backend, tries=settings.max_receives),
        name=name,
        timeout=settings.worker_timeout,
        max_receives=settings.max_receives,
        batch_bytes=settings.batch_bytes,
        idle=handler.refresh,
    )
    _when_orphaned(source.stop)
    signal.signal(signal.SIGTERM, lambda *_: source.stop())
    os.write(control, READY)
    source.run()
    handler.close()


def _when_orphaned(stop: Callable[[], None]) -> None:
    """Stop when the supervisor is gone, however it ended: then its end of our stdin is closed."""

    def watch() -> None:
        while os.read(0, 1):
            pass
        stop()

    threading.Thread(target=watch, daemon=True).start()


def main(role: str, *rest: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the supervisor, which tells us
    try:
        settings = Settings.read()
        log_to_stderr("api" if role == "api" else rest[0], settings.log_level, records=settings.log_records)
        if role == "api":
            api(settings, rest[0], int(rest[1]))
        else:
            worker(settings.with_one_thread(), rest[0])
    except ServingError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(MISCONFIGURED if isinstance(error, ConfigurationError) else 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
