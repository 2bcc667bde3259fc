"""Silence in the hot path: requests make no server print, and warnings of a start are shown.

That a log is bounded is tested with the keeper, which bounds it.
"""

import json
import urllib.request
from dataclasses import replace

import pandas as pd
import pytest

from implementations.catalogue import find_stack
from implementations.launching.launcher import LaunchOptions, launch
from shared.model.creation import make_version
from shared.model.training import train
from shared.settings import Settings

REQUESTS = 20
WARNS = """
import warnings

def create_app(service):
    warnings.warn("this is outdated", FutureWarning)
    def app(environ, start_response):
        service.wait_ready(60)
        start_response("200 OK", [("Content-Type", "application/json")])
        return [b'{"status":"ok"}']
    return app
"""
ENTRY = 'name = "mine"\ninterface = "wsgi"\nservers = ["gunicorn"]\nmodel_call = "thread"\n'


@pytest.mark.parametrize("name", ["flask:gunicorn", "fastapi:uvicorn", "wsgi:granian"])
def test_a_model_that_knows_names_of_columns_is_served_in_silence(name, tmp_path):
    new = train("iris")
    frame = pd.DataFrame(new.rows, columns=new.columns)
    labels = new.estimator.predict(new.rows)
    make_version(replace(new, estimator=new.estimator.fit(frame, labels)), "1", tmp_path)
    settings = Settings(model=str(tmp_path), engine="sklearn")
    with launch(find_stack(name), LaunchOptions(settings=settings)) as running:
        request = urllib.request.Request(
            f"{running.url}/api/predict",
            b'{"instances":[[5.1,3.5,1.4,0.2]]}',
            {"Content-Type": "application/json"},
        )
        for _ in range(REQUESTS):
            with urllib.request.urlopen(request) as answer:
                assert json.load(answer)["predictions"] == ["setosa"]
        assert running.stop() == 0
    assert running.output() == ""


def test_what_a_server_warns_of_at_its_start_is_shown(tmp_path, caplog):
    (tmp_path / "entry.toml").write_text(ENTRY)
    (tmp_path / "app.py").write_text(WARNS)
    with launch(find_stack("mine", [tmp_path])):
        [said] = caplog.messages
    assert said.startswith("mine:gunicorn warned at its start:\n")
    assert "FutureWarning: this is outdated" in said
