"""The least that a worker of these packages costs: pandas, scikit-learn, and the model unpickled."""

import os
import pickle
from pathlib import Path
from typing import Any

import pandas as pd
import sklearn.pipeline  # noqa: F401  # as the pickle does

pipeline = pickle.loads(Path(os.environ["MODEL"]).read_bytes())


def handler(event: Any, context: Any) -> Any:
    frame = pd.DataFrame([event["record"]])
    return {"prediction": str(pipeline.predict(frame)[0]), "probabilities": pipeline.predict_proba(frame).tolist()}
