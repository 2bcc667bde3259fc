"""The workflow of `docs/gate.md`: its commands, run in a repository with a base and a head."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from reports.study.file import read_study
from tests.programs import need

ROOT = Path(__file__).parents[2]
DEADLINE_S = 400
RUNS = re.findall(
    r"^ +- run: (?!\|)(.*)$", (ROOT / "docs" / "gate.md").read_text(encoding="utf-8"), re.MULTILINE
)
# A request takes so much more CPU time.
SLOWER = """

def slower(app):
    from time import thread_time_ns

    def burning(environ, start_response):
        end = thread_time_ns() + 100_000
        while thread_time_ns() < end:
            pass
        return app(environ, start_response)

    return burning


def create_app(service, create=create_app):
    return slower(create(service))
"""

WRONG = """

def create_app(service, create=create_app):
    app = create(service)
    return lambda environ, start: [part.replace(b"setosa", b"rosa") for part in app(environ, start)]
"""


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b")
    subprocess.run(["git", "-C", folder, *identity, *arguments], check=True, capture_output=True)


@pytest.fixture
def pull_request(tmp_path):
    """A clone of a repository with an entry, on a branch that has one commit more than main."""
    need("git")
    origin, clone = tmp_path / "the origin", tmp_path / "a clone"
    shutil.copytree(ROOT / "implementations" / "wsgi", origin / "backend")
    entry = origin / "backend" / "entry.toml"
    entry.write_text(entry.read_text().replace('name = "wsgi"', 'name = "backend"'))
    git(origin, "init", "--quiet", "--initial-branch", "main")
    git(origin, "add", ".")
    git(origin, "commit", "--quiet", "--message", "base")
    git(tmp_path, "clone", "--quiet", str(origin), str(clone))
    git(clone, "checkout", "--quiet", "-b", "feature")
    return clone


def run(clone: Path, *further: str) -> tuple[subprocess.CompletedProcess, str]:
    """The steps that need no GitHub; returns the gate's step and the summary."""
    gate_step, summary_step = (one for one in RUNS if not one.startswith("make"))
    variables = {"BASE": "main", "GITHUB_STEP_SUMMARY": str(clone / "summary")}
    environment = {**os.environ, **variables}
    podium = f"{shlex.quote(sys.executable)} -m podium"
    gate = shlex.join(further)
    line = f"{gate_step.replace('podium/.venv/bin/podium', podium)} {gate}"
    done = subprocess.run(
        ["sh", "-c", line],
        cwd=clone,
        env=environment,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    subprocess.run(["sh", "-c", summary_step], cwd=clone, env=environment, check=True)
    return done, (clone / "summary").read_text(encoding="utf-8")


@pytest.mark.long
def test_its_commands_compare_the_base_with_the_head_and_write_the_comment(pull_request):
    file = pull_request / "backend" / "app.py"
    file.write_text(file.read_text() + "# changed\n")
    done, summary = run(pull_request, "--quick", "--blocks", "2", "--operations", "count")
    assert done.returncode == 0, done.stderr
    options = read_study(pull_request / "gate.study").plan.options
    assert (options.gate_ratio, options.gate_base) == (0.05, "backend@origin/main:gunicorn")
    assert summary.startswith("<!-- podium gate: backend:gunicorn -->\n")
    assert "not decided" in summary
    assert "Gate of 5 %: not decided" in done.stdout


@pytest.mark.long
@pytest.mark.timeout(DEADLINE_S)
def test_a_head_that_is_much_slower_ends_with_1(pull_request):
    """Unless the machine is so busy that the load generator was the limit."""
    file = pull_request / "backend" / "app.py"
    file.write_text(file.read_text() + SLOWER)
    done, summary = run(pull_request, "--quick", "--operations", "count")
    if "the load generator was the limit" in summary:
        assert "not decided" in summary
        assert done.returncode == 0
    else:
        assert "red, backend:gunicorn is more than 5 % slower" in summary
        assert done.returncode == 1, done.stdout + done.stderr


@pytest.mark.long
@pytest.mark.timeout(DEADLINE_S)
def test_a_head_that_answers_wrongly_ends_with_1(pull_request):
    file = pull_request / "backend" / "app.py"
    file.write_text(file.read_text() + WRONG)
    done, summary = run(pull_request, "--quick", "--operations", "count")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "backend:gunicorn failed the contract" in summary
