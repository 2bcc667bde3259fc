"""Writes a scikit-learn model and its settings for MLServer; arguments: directory and port."""

import json
import os
import sys
from pathlib import Path

import joblib
import skops.io

if __name__ == "__main__":
    directory, port = Path(sys.argv[1]), int(sys.argv[2])
    directory.mkdir()
    model = skops.io.loads(Path(os.environ["PEER_MODEL"]).read_bytes())
    joblib.dump(model, directory / "model.joblib")
    settings = {
        "name": "iris",
        "implementation": "mlserver_sklearn.SKLearnModel",
        "parameters": {"uri": "./model.joblib", "version": "1"},
    }
    (directory / "model-settings.json").write_text(json.dumps(settings))
    server = {
        "host": "127.0.0.1",
        "http_port": port,
        "grpc_port": port + 1,
        "metrics_port": port + 2,
        "parallel_workers": 0,
        "debug": False,
    }
    (directory / "settings.json").write_text(json.dumps(server))
