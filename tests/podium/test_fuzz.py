"""`podium fuzz` as a user calls it."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from implementations import catalogue

pytestmark = pytest.mark.early


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


def planted_entry(directory: Path, stack: str, plant: str) -> Path:
    """An entry `planted`: that of `stack`, in whose process `plant` has been run before."""
    right = catalogue.find_stack(stack)
    directory.mkdir()
    (directory / "entry.toml").write_text(
        f'name = "planted"\ninterface = "{right.entry.interface}"\n'
        f'servers = ["{right.server.name}"]\nmodel_call = "{right.entry.model_call}"\n'
    )
    (directory / "original").symlink_to(right.entry.directory)
    (directory / "app.py").write_text(
        f"""
from pathlib import Path

from implementations.entry import read_entry
from shared.problems import ContentTooLarge, InvalidContent, NotFound
from shared.service import Service

{plant}


def create_app(service):
    return read_entry(Path(__file__).parent / "original").create_app(service)
"""
    )
    return directory


@pytest.mark.timeout(240)
@pytest.mark.long
def test_an_interrupted_run_tells_what_it_has_found(tmp_path):
    """And a planted byte is found in an entry of one's own, and written to a file."""
    entry = planted_entry(tmp_path / "planted", "wsgi:granian", 'NotFound.detail += " "')
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "podium", "fuzz", "wsgi:granian", "planted:granian"),
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
    assert "planted:granian" in written
    assert written.splitlines()[0] in told


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_no_two_stacks_differ(tmp_path):
    done = fuzz("--requests", "20000", "--seed", "1", "--json", cwd=tmp_path, timeout_s=3500)
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout)
    assert len(result["backends"]) >= 14
    assert len(result["statuses"]) == 12
    # At 100,000 requests that is twice what is asked for.
    assert min(result["statuses"].values()) > 20_000 / 100
    assert result["success_ratio"] > 0.3
    assert result["replaced"] == []
    assert max(process["growth_ratio"] for process in result["memory"]) < 0.1


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("stack", "plant"),
    [
        pytest.param(
            "fastapi:granian",
            "Service.letter_count = lambda self, request: {"
            '"name": request.name, "letter_count": len(request.name) ^ (len(request.name) > 255)}',
            id="long-names-only",
        ),
        pytest.param(
            "flask:gunicorn",
            "ContentTooLarge.header_fields = lambda self: {"
            '"Content-Type": "application/problem+json", "Cache-Control": "no-stare"}',
            id="a-header-field-of-413",
        ),
        pytest.param(
            "falcon-asgi:uvicorn",
            "right = InvalidContent.document\n"
            "InvalidContent.document = lambda self: {"
            '**right(self), "title": "Unprocessable Conten" + "ts"[len(self.errors) == 20]}',
            id="as-many-errors-as-are-told",
        ),
    ],
)
def test_one_byte_on_one_of_all_stacks_is_found(tmp_path, stack, plant):
    """Within 5,000 requests; and it is all that is found."""
    server = stack.partition(":")[2]
    entry = planted_entry(tmp_path / "planted", stack, plant)
    right = [one.name for one in catalogue.all_stacks() if not catalogue.find_obstacle(one)]
    assert stack in right
    right.remove(stack)
    done = fuzz(
        *(*right, f"planted:{server}", "--entry", str(entry)),
        *("--requests", "5000", "--seed", "1", "--json"),
        cwd=tmp_path,
        timeout_s=500,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    findings = json.loads(done.stdout)["findings"]
    print("found at request", findings[0]["request"])
    assert [finding["groups"][1:] for finding in findings] == [[[f"planted:{server}"]]] * len(
        findings
    )
    assert findings[0]["request"] <= 5000
