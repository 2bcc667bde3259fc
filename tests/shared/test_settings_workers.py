"""Several workers are noticed also where somebody starts a server directly."""

import subprocess
import sys

import pytest

from shared.settings import asked_workers

APP = "app:application"


@pytest.mark.parametrize(
    ("argv", "environ", "workers"),
    [
        (["/usr/bin/gunicorn", APP], {}, 1),
        (["/usr/bin/gunicorn", "-w", "4", APP], {}, 4),
        (["gunicorn", "-w4", APP], {}, 4),
        (["gunicorn", "--workers", "4", "--worker-class", "gthread", APP], {}, 4),
        (["gunicorn", "--workers=4", APP], {}, 4),
        (["gunicorn", "-w", "2", "-w", "4", APP], {}, 4),
        (["gunicorn", APP], {"GUNICORN_CMD_ARGS": "--bind=:1 --workers=3"}, 3),
        (["gunicorn", "-w", "1", APP], {"GUNICORN_CMD_ARGS": "--workers=3"}, 1),
        (["gunicorn", APP], {"WEB_CONCURRENCY": "5"}, 5),
        (["gunicorn", "-w", "1", APP], {"WEB_CONCURRENCY": "5"}, 1),
        (["gunicorn", APP, "-w"], {}, 1),
        (["gunicorn", "-w", "many", APP], {}, 1),
        (["/lib/gunicorn/__main__.py", "-w", "4", APP], {}, 4),
        (["uvicorn", "--workers", "4", APP], {}, 4),
        (["uvicorn", APP], {"UVICORN_WORKERS": "3", "WEB_CONCURRENCY": "5"}, 3),
        (["/lib/uvicorn/__main__.py", APP], {"WEB_CONCURRENCY": "5"}, 5),
        (["granian", "--workers", "4", APP], {"WEB_CONCURRENCY": "5"}, 4),
        (["granian", APP], {"WEB_CONCURRENCY": "5"}, 1),
        (["granian", APP], {"GRANIAN_WORKERS": "2"}, 2),
        (["fastapi", "run", "--workers", "4", "app.py"], {}, 4),
        (["flask", "run"], {"WEB_CONCURRENCY": "5"}, 1),
        (["pytest", "-w", "4"], {"WEB_CONCURRENCY": "5", "GUNICORN_CMD_ARGS": "-w 4"}, 1),
        (["-c"], {}, 1),
        ([], {}, 1),
    ],
)
def test_the_number_of_workers_is_the_one_that_the_program_takes(argv, environ, workers):
    assert asked_workers(argv, environ) == workers


def test_gunicorn_with_two_workers_and_no_counter_file_does_not_start(tmp_path):
    (tmp_path / "app.py").write_text(
        "from shared.service import open_service\nservice = open_service()\napplication = print\n"
    )
    gunicorn = [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0", "--workers", "2"]
    ended = subprocess.run(
        [*gunicorn, "--no-control-socket", "--chdir", tmp_path, APP],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    # gunicorn trips over a second worker that fails while it stops for the first: 1 instead of 3.
    assert ended.returncode in (1, 3)
    assert "SettingsError" in ended.stderr
    assert "2 workers need one counter file (PODIUM_COUNTER_FILE)" in ended.stderr
