"""What a launched service is told by its environment."""

import http.client
import json
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shared.model.built_in import built_in_version
from shared.model.model import open_model
from shared.problems import Overloaded

DIRECT = {
    "uvicorn": ["implementations.asgi.app:get_app", "--factory", "--workers", "2"],
    "gunicorn": ["implementations.wsgi.app:get_app()", "--workers", "2"],
    "granian": [
        "implementations.wsgi.app:get_app",
        *("--factory", "--workers", "2", "--interface", "wsgi"),
    ],
}
CLIENTS = 8
SEEN_WITHIN_S = 60
JSON = {"Content-Type": "application/json"}


def predict(connection, row, rows=1):
    """Status, header fields and content of the answer to a request for predictions."""
    content = json.dumps({"instances": [row] * rows})
    connection.request("POST", "/api/predict", content, JSON)
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read()


@pytest.mark.parametrize(
    "name",
    [
        "fastapi-threads:uvicorn",
        *(
            pytest.param(name, marks=pytest.mark.long)
            for name in ("flask:gunicorn", "falcon:granian", "fastapi-threads:granian")
        ),
    ],
)
def test_a_model_of_ones_own_is_served_with_a_bound(name, start) -> None:
    """Clients ask for a regression's predictions at once, until one of them is refused."""
    diabetes = str(built_in_version("diabetes"))
    running = start(name, model=diabetes, predictions_at_once=1)
    refused = threading.Event()
    give_up = time.monotonic() + SEEN_WITHIN_S

    def ask(_: int) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)
        asked = 0
        while not refused.is_set() and time.monotonic() < give_up:
            status, fields, content = predict(connection, [0.01] * 10, rows=1024)
            asked += 1
            if status == Overloaded.status:
                assert json.loads(content) == Overloaded().document()
                assert fields["Retry-After"] == "1"
                refused.set()
            else:
                assert status == 200, content
        connection.close()
        return asked

    with ThreadPoolExecutor(CLIENTS) as clients:
        asked = sum(clients.map(ask, range(CLIENTS)))
    assert refused.is_set()
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)
    status, _, content = predict(connection, [0.0] * 10)
    assert (status, json.loads(content)) == (200, open_model(Path(diabetes)).answer([[0.0] * 10]))
    connection.request("GET", "/api/count")
    assert json.loads(connection.getresponse().read()) == {"count": asked + 2}
    connection.close()
    assert running.stop() == 0


@pytest.mark.long
@pytest.mark.parametrize("server", DIRECT)
def test_a_server_started_by_hand_ends_where_its_workers_cannot_serve(server) -> None:
    """Two workers without a counter that they share: told in a sentence, and not again for ever."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = str(unused.getsockname()[1])
    address = ["--bind", f"127.0.0.1:{port}"] if server == "gunicorn" else ["--port", port]
    ended = subprocess.run(
        [sys.executable, "-m", server, *DIRECT[server], *address],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said = ended.stdout + ended.stderr
    # Not by its status: uvicorn's own command line ends with 0.
    assert "podium: The settings do not work: 2 workers need one counter file" in said
    assert "Traceback" not in said
