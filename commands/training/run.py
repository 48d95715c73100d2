"""Runs a train.py as `python train.py` does, but Ctrl-C ends it with one sentence.

python -P commands/training/run.py SCRIPT FOLDER …    by its path: as a module it would bring its package along first
"""

import runpy
import signal
import sys
import traceback
from pathlib import Path
from types import TracebackType
from typing import NoReturn


def main() -> None:
    """What a script finds: its own arguments, its folder first on the path, its classes in __main__."""
    del sys.argv[0]
    script = sys.argv[0] = str(Path(sys.argv[0]).absolute())
    sys.path.insert(0, str(Path(script).resolve().parent))
    sys.excepthook = _from_the_script
    try:
        runpy.run_path(script, run_name="__main__")
    except KeyboardInterrupt:
        _ended()


def _ended() -> NoReturn:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # another one ends what still takes its time, without a word
    from commands.console import err

    err.show_cursor()
    err.print("Training was ended.")
    sys.exit(128 + signal.SIGINT)


def _from_the_script(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """The traceback as Python prints it, less the frames above the script; a script that can't be read has none."""
    below = trace
    while below is not None and below.tb_frame.f_code.co_filename != sys.argv[0]:
        below = below.tb_next
    traceback.print_exception(kind, error, below)


if __name__ == "__main__":
    main()
