"""The other model servers: what is installed, how each is started, asked and understood."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SERVICES = Path(__file__).parent / "services"


@dataclass(frozen=True)
class Peer:
    """One model server, with one worker.

    In `prepare` and `command`, arguments after its own interpreter, {services}, {directory} (of the
    run), {programs} (of its environment) and {port} are filled in. `content` : from a row to what
    is sent to `path`. `predictions` : the labels in an answer.
    """

    name: str
    packages: tuple[str, ...]
    command: tuple[str, ...]
    path: str
    content: Callable[[Sequence[object]], object]
    predictions: Callable[[Any], object]
    prepare: tuple[str, ...] = ()


PEERS = (
    Peer(
        name="bentoml",
        packages=("bentoml",),
        command=(
            *("-m", "bentoml", "serve", "bentoml_service:Iris", "--working-dir", "{services}"),
            *("--host", "127.0.0.1", "--port", "{port}"),
        ),
        path="/predict",
        content=lambda row: {"instances": [row]},
        predictions=lambda answer: answer,
    ),
    Peer(
        name="litserve",
        packages=("litserve",),
        command=("{services}/litserve_service.py", "{port}"),
        path="/predict",
        content=lambda row: {"instances": [row]},
        predictions=lambda answer: answer["predictions"],
    ),
    Peer(
        name="mlflow",
        packages=("mlflow",),
        prepare=("{services}/mlflow_model.py", "{directory}/model"),
        command=(
            *("-m", "mlflow", "models", "serve", "--model-uri", "{directory}/model"),
            *("--env-manager", "local", "--host", "127.0.0.1", "--port", "{port}"),
            *("--workers", "1"),
        ),
        path="/invocations",
        content=lambda row: {"inputs": [row]},
        predictions=lambda answer: answer["predictions"],
    ),
    Peer(
        name="mlserver",
        packages=("mlserver", "mlserver-sklearn"),
        prepare=("{services}/mlserver_model.py", "{directory}/model", "{port}"),
        command=("{programs}/mlserver", "start", "{directory}/model"),
        path="/v2/models/iris/infer",
        content=lambda row: {
            "id": "1",  # otherwise each answer has an id of its own
            "inputs": [
                {"name": "x", "shape": [1, len(row)], "datatype": "FP64", "data": list(row)}
            ],
        },
        predictions=lambda answer: answer["outputs"][0]["data"],
    ),
)
