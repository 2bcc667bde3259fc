"""BentoML's service of a scikit-learn model, as its documentation teaches it."""

import os
from pathlib import Path
from typing import Any

import bentoml
import numpy as np
import skops.io


@bentoml.service(workers=1)
class Iris:
    def __init__(self) -> None:
        self.model = skops.io.loads(Path(os.environ["PEER_MODEL"]).read_bytes())

    @bentoml.api
    def predict(self, instances: list[list[float]]) -> list[str]:
        predictions: Any = self.model.predict(np.array(instances))
        return [str(one) for one in predictions]
