"""The model is loaded once, before a server forks its workers; or that is refused in a sentence."""

import re
import socket
import subprocess
import sys

import psutil
import pytest
import requests

from implementations.errors import CannotPreload
from shared.model.model import sample_of


def test_workers_are_forked_from_a_process_with_the_model_and_without_threads(start, eventually):
    """One that dies is replaced likewise, and all of them count and drain as ever."""
    running = start("wsgi:gunicorn:2", preload=True, model="digits")
    workers = running.worker_pids()
    assert len(workers) == 2
    [master] = {psutil.Process(pid).ppid() for pid in workers}
    assert master in running.pids()
    assert psutil.Process(master).num_threads() == 1
    assert any("treelite" in part.path for part in psutil.Process(master).memory_maps())
    psutil.Process(workers[0]).kill()
    assert eventually(lambda: len(running.worker_pids()) == 2 and running.worker_pids() != workers)
    sample = sample_of("digits")
    for _ in range(8):
        answer = requests.post(
            f"{running.url}/api/predict", json={"instances": sample.instances(3)}, timeout=30
        )
        assert answer.json()["predictions"] == list(sample.predictions[:3])
    assert requests.get(f"{running.url}/api/count", timeout=30).json() == {"count": 9}
    assert running.stop() == 0


@pytest.mark.parametrize("stack", ["wsgi:granian", "asgi:uvicorn:2"])
def test_a_server_that_forks_no_workers_is_refused_before_it_is_started(stack, start, processes):
    with pytest.raises(CannotPreload, match=f"^{stack} cannot load the model before"):
        start(stack, preload=True)
    assert not processes()


def test_gunicorn_that_is_told_so_by_hand_ends_in_one_sentence():
    """Its workers would have none of the threads of the process that they are forked from."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        address = f"127.0.0.1:{unused.getsockname()[1]}"
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "gunicorn", "implementations.wsgi.app:get_app()"),
            *("--preload", "--bind", address, "--no-control-socket"),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 3
    assert len(re.findall("^podium: this process was forked", ended.stderr, re.MULTILINE)) == 1
    assert "Traceback" not in ended.stderr


def test_a_model_that_cannot_be_loaded_ends_the_server_in_a_sentence(start, tmp_path):
    with pytest.raises(Exception, match="cannot serve without its model"):
        start("wsgi:gunicorn:2", preload=True, model=str(tmp_path / "missing"))
