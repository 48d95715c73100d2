"""What a Pipeline itself answers: a script, run under the model's libraries, without anything of the service.

python own_answers.py PROJECT FOLDER < records.json     FOLDER holds model.pkl, and features/ where there are views
"""

import json
import pickle
import sys
from pathlib import Path
from typing import Any

import pandas as pd


def given(pipeline: Any, rows: list[dict[str, Any]], features: Path) -> Any:
    """What a data scientist would give it: the texts or lists alone, a frame, or a frame joined with its features."""
    frame = pd.DataFrame(rows)
    if list(frame.columns) == list(rows[0]) and len(frame.columns) == 1:
        return frame.iloc[:, 0]
    for path in sorted(features.glob("*.csv")):
        table = pd.read_csv(path)
        frame = frame.merge(table, on=[name for name in rows[0] if name in table], how="left", validate="many_to_one")
    return frame[list(pipeline.feature_names_in_)]


def main(project: str, folder: str) -> None:
    sys.path.insert(0, project)
    pipeline = pickle.loads((Path(folder) / "model.pkl").read_bytes())
    X = given(pipeline, json.load(sys.stdin), Path(folder) / "features")
    answers = [{"prediction": value} for value in pipeline.predict(X).tolist()]
    if hasattr(pipeline, "predict_proba"):
        labels = [str(label) for label in pipeline.classes_.tolist()]
        for answer, chances in zip(answers, pipeline.predict_proba(X).tolist(), strict=True):
            answer["probabilities"] = dict(zip(labels, chances, strict=True))
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
