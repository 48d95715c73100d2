"""What a project's train.py takes from us: its arguments, its data, the hold-outs that score it, the files it writes.

options = arguments(__doc__)
path = fetch("sms_spam/spam.csv", url="https://…", checksum="sha256:…")
pipeline, metrics = holdouts(train, seeds=options.seeds)     # train(seed) -> Pipeline, {"accuracy": 0.98}
save(options.folder, pipeline, metrics)
"""

from commands.training.data import fetch
from commands.training.found import found
from commands.training.holdout import holdouts
from commands.training.options import Options, arguments
from commands.training.saving import save

__all__ = ["Options", "arguments", "fetch", "found", "holdouts", "save"]
