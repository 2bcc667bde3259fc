"""A user switches the model while it is served: no request is lost, and no answer is mixed."""

import http.client
import json
import threading
import time
from dataclasses import replace
from unittest import mock

import pytest

from implementations.catalogue import find_stack
from implementations.launching.launcher import LaunchOptions, launch
from shared.model.creation import make_version
from shared.model.model import open_model
from shared.model.registry import Registry
from shared.model.training import train
from shared.settings import Settings

ROW = [6.3, 3.3, 6.0, 2.5]
DEADLINE_S = 30.0
CLIENTS = 4


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    """Two versions that answer otherwise, and a third that is damaged."""
    made = Registry(tmp_path_factory.mktemp("models") / "my models")
    with mock.patch("shared.model.parity.RANDOM_ROWS", 200):
        for weight in (1.0, 0.01, 100.0):
            new = replace(train("iris"), name="switched")
            new.estimator.set_params(classify__C=weight)
            new.estimator.fit(new.rows, new.estimator.predict(new.rows))
            with made.adding("switched") as (version, directory):
                make_version(new, version, directory)
    damaged = made.directory / "switched" / "3" / "compiled.json"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    return made


class Client(threading.Thread):
    """Asks for one row over and over on one connection, and keeps each version and answer."""

    def __init__(self, port, stopped):
        super().__init__()
        self.port, self.stopped = port, stopped
        self.seen: list[tuple[str, object]] = []
        self.failures: list[str] = []

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE_S)
        fields = {"Content-Type": "application/json"}
        content = json.dumps({"instances": [ROW]})
        while not self.stopped.is_set():
            connection.request("POST", "/api/predict", content, fields)
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 200:
                self.failures.append(f"{answer.status} {text!r}")
                continue
            document = json.loads(text)
            self.seen.append((document["model"]["version"], document["probabilities"]))
        connection.close()


def switched_while_asked(registry, monkeypatch, name, switches):
    """The clients after these switches, and what the server printed."""
    monkeypatch.setenv("PODIUM_MODELS_DIR", str(registry.directory))
    registry.use("switched@1")
    stopped = threading.Event()
    options = LaunchOptions(settings=Settings(model="switched"))
    with launch(find_stack(name), options) as running:
        clients = [Client(running.port, stopped) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        try:
            for number, version in enumerate(switches):
                registry.use(f"switched@{version}")
                _wait_for_all(running, clients, version, switches[: number + 1].count("3"))
        finally:
            stopped.set()
            for client in clients:
                client.join(DEADLINE_S)
        assert running.stop() == 0
    return clients, running.output()


def _wait_for_all(running, clients, version, damaged):
    """Wait until each client sees the version; of a damaged one, until all workers have told it."""
    give_up = time.monotonic() + DEADLINE_S
    while time.monotonic() < give_up:
        if version == "3":
            told = running.output().count("goes on with the version before")
            if told >= running.stack.workers * damaged:
                return
        elif all(client.seen and client.seen[-1][0] == version for client in clients):
            return
        time.sleep(0.01)  # between looks; the deadline decides
    pytest.fail(f"version {version} was not seen by all in {DEADLINE_S} s")


def check(registry, clients, switches):
    right = {
        version: open_model(registry.find(f"switched@{version}")).answer([ROW])["probabilities"]
        for version in ("1", "2")
    }
    assert right["1"] != right["2"]
    expected = ["1", *(version for version in switches if version != "3")]
    for client in clients:
        assert client.failures == []
        assert all(found == right[version] for version, found in client.seen)
        versions = [version for version, _ in client.seen]
        changes = [one for at, one in enumerate(versions) if at == 0 or versions[at - 1] != one]
        assert changes == [
            one for at, one in enumerate(expected) if at == 0 or expected[at - 1] != one
        ]


def test_a_switch_loses_no_request_mixes_no_answer_and_a_damaged_version_is_told(
    registry, monkeypatch
):
    switches = ["2", "1", "3", "2"]
    clients, output = switched_while_asked(registry, monkeypatch, "wsgi:granian:2", switches)
    check(registry, clients, switches)
    assert output.count("serves switched@2 now") == 4
    assert output.count("compiled.json was changed") == 2


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", ["falcon:gunicorn:2", "fastapi:uvicorn:2"])
def test_a_hundred_switches_lose_nothing(name, registry, monkeypatch):
    switches = (["2", "1"] * 9 + ["2", "3"]) * 5
    clients, output = switched_while_asked(registry, monkeypatch, name, switches)
    check(registry, clients, switches)
    assert output.count("compiled.json was changed") == 10
