"""python -m commands.trial.child MODULE FUNCTION: calls it with the JSON of stdin; each answer is a line of stdout."""

import importlib
import json
import os
import sys
import warnings

from serving.errors import ServingError


def main(module: str, function: str) -> None:
    """The function takes one mapping and yields mappings; what this project raises on purpose is an answer, too."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a model prints must not come between the answers
    warnings.simplefilter("ignore")  # libraries' own; what matters is told as an answer
    argument = json.loads(sys.stdin.read())
    try:
        for answer in getattr(importlib.import_module(module), function)(argument):
            answers.write(json.dumps(answer) + "\n")
            answers.flush()
    except ServingError as error:
        answers.write(json.dumps({"refused": str(error)}) + "\n")
        answers.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
