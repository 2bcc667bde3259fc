"""LitServe's service of a scikit-learn model, by its documentation; argument: the port."""

import os
import sys
from pathlib import Path
from typing import Any

import litserve
import numpy as np
import skops.io


class Iris(litserve.LitAPI):
    def setup(self, device: str) -> None:
        self.model = skops.io.loads(Path(os.environ["PEER_MODEL"]).read_bytes())

    def decode_request(self, request: dict[str, Any]) -> Any:
        return np.array(request["instances"])

    def predict(self, x: Any) -> Any:
        return self.model.predict(x)

    def encode_response(self, output: Any) -> dict[str, Any]:
        return {"predictions": [str(one) for one in output]}


if __name__ == "__main__":
    server = litserve.LitServer(Iris(), accelerator="cpu", workers_per_device=1)
    server.run(host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False)
