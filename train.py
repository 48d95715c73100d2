"""Trains the default model: which of three iris species four measurements belong to.

python train.py [FOLDER]      writes model.pkl and metrics.json into FOLDER (build/ if none is given)
"""

import json
import pickle
import sys
from pathlib import Path

from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "build")
folder.mkdir(parents=True, exist_ok=True)

iris = load_iris(as_frame=True)
species = iris.target.map(dict(enumerate(iris.target_names)))
X_train, X_test, y_train, y_test = train_test_split(iris.data, species, test_size=0.2, random_state=7, stratify=species)
pipeline = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(X_train, y_train)
accuracy = pipeline.score(X_test, y_test)

(folder / "model.pkl").write_bytes(pickle.dumps(pipeline))
(folder / "metrics.json").write_text(json.dumps({"holdout_accuracy": round(accuracy, 4)}))
print(f"{folder / 'model.pkl'}: accuracy {accuracy:.3f} on {len(y_test)} flowers held out")
