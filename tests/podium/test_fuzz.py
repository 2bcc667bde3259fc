"""`podium fuzz` as a user calls it."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from implementations import catalogue


def fuzz(*arguments, cwd, timeout_s=110):
    return subprocess.run(
        [sys.executable, "-m", "podium", "fuzz", *arguments],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        cwd=cwd,
        check=False,
    )


def test_stacks_do_not_differ(tmp_path):
    """While they load, in service and behind a guard; a run that passes leaves nothing behind."""
    done = fuzz(
        *("wsgi:granian", "asgi:uvicorn", "--requests", "500", "--seed", "1", "--json"),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout)
    assert result["passed"]
    assert result["requests"] >= 500
    assert result["findings"] == []
    assert result["replaced"] == []
    assert result["success_ratio"] > 0.3
    assert result["statuses"]["503"] > 0
    assert result["statuses"]["401"] > 0
    assert "behind a guard" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["flsk"], "flsk"),
        (["flask"], "nothing to check"),
        (["--url", "no address", "--url", "http://127.0.0.1:1"], "no address"),
        (["flask", "falcon", "--requests", "0"], "--requests"),
    ],
)
def test_fuzzing_that_cannot_begin_says_so(tmp_path, arguments, says):
    done = fuzz(*arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert says in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def wrong_entry(directory: Path) -> Path:
    """A copy of the WSGI floor that ends every problem with one byte more."""
    floor = next(entry for entry in catalogue.entries() if entry.name == "wsgi")
    shutil.copytree(floor.directory, directory)
    table = directory / "entry.toml"
    table.write_text(table.read_text().replace('name = "wsgi"', 'name = "wrong"'))
    app = directory / "app.py"
    right = "content = dumps(problem.document())"
    source = app.read_text()
    assert right in source
    app.write_text(source.replace(right, f'{right} + b" "'))
    return directory


@pytest.mark.timeout(240)
@pytest.mark.long
def test_an_interrupted_run_tells_what_it_has_found(tmp_path):
    """And a planted byte is found in an entry of one's own, and written to a file."""
    entry = wrong_entry(tmp_path / "wrong")
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "podium", "fuzz", "wsgi:granian", "wrong:granian"),
            *("--entry", str(entry), "--requests", "1000000", "--seed", "1"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    try:
        for line in process.stderr:
            if "1,000 requests" in line:
                break
        process.send_signal(signal.SIGINT)
        told, said = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130, told + said
    assert said.endswith("podium: interrupted\n")
    assert "Traceback" not in said
    written = (tmp_path / "studies" / "fuzz-1.txt").read_text()
    assert "wrong:granian" in written
    assert written.splitlines()[0] in told


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_no_two_stacks_differ(tmp_path):
    done = fuzz("--requests", "20000", "--seed", "1", "--json", cwd=tmp_path, timeout_s=3500)
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout)
    assert len(result["backends"]) >= 14
    assert min(result["statuses"].values()) > 50
