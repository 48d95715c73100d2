"""Calls MODULE.FUNCTION with the JSON of stdin; each answer is a line of stdout.

python -m commands.trial.child MODULE FUNCTION VERSIONS      the libraries that it is to run under, as JSON
"""

import importlib
import json
import os
import sys
import warnings

from commands.trial.libraries import check_libraries
from serving.errors import ServingError


def main(module: str, function: str, versions: str) -> None:
    """The function takes one mapping and yields mappings; what this project raises on purpose is an answer, too."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a model prints must not come between the answers
    warnings.simplefilter("ignore")  # libraries' own; what matters is told as an answer
    argument = json.loads(sys.stdin.read())
    try:
        check_libraries(json.loads(versions))
        for answer in getattr(importlib.import_module(module), function)(argument):
            answers.write(json.dumps(answer) + "\n")
            answers.flush()
    except ServingError as error:
        answers.write(json.dumps({"refused": str(error)}) + "\n")
        answers.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
