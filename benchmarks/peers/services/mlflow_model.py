"""Writes a scikit-learn model as MLflow serves it; argument: the directory."""

import os
import sys
from pathlib import Path

import mlflow.sklearn
import skops.io

if __name__ == "__main__":
    model = skops.io.loads(Path(os.environ["PEER_MODEL"]).read_bytes())
    mlflow.sklearn.save_model(model, sys.argv[1], serialization_format="cloudpickle")
