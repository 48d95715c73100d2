"""What a process has loaded is there to stay: Python's garbage collector need not look at it again and again."""

import gc

OBJECTS = 10_000
"""New ones after which Python looks for garbage; by itself after 700 or 2,000. A batch makes more, all in use."""


def keep_loaded() -> None:
    """Leave everything that is alive now out of later collections; once more when another model takes its place.

    Records are many small objects: while they are there, each collection would go through libraries and model as well.
    """
    gc.unfreeze()
    gc.collect()  # what the model before has left
    gc.freeze()
    gc.set_threshold(OBJECTS)
