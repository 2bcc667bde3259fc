"""`make env` keeps the environment that is there until another one is whole."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Stands for a Python: says its version, and makes an environment whose pip does what a test says.
PYTHON = f"""#!/bin/sh
case "$1 $2" in
    "-m venv") mkdir -p "$3/bin" && cp pip "$3/bin/python";;
    *) exec "{sys.executable}" "$@";;
esac
"""


@pytest.fixture
def checkout(tmp_path):
    """A checkout with an environment that was made from an earlier list."""
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "python").write_text(PYTHON)
    (tmp_path / "python").chmod(0o755)
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "in-use").touch()
    return tmp_path


def make(checkout, pip, python="./python"):
    """`make env`, with a pip that is this shell command."""
    (checkout / "pip").write_text(f"#!/bin/sh\n{pip}\n")
    (checkout / "pip").chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    return subprocess.Popen(
        ["make", "env", f"PYTHON={python}"],
        cwd=checkout,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def environments(checkout):
    return sorted(path.name for path in checkout.glob(".venv*"))


def is_the_earlier_one(checkout):
    return environments(checkout) == [".venv"] and (checkout / ".venv" / "in-use").exists()


def test_a_new_one_takes_the_place_of_the_earlier_one(checkout):
    process = make(checkout, "test -e .venv.old/in-use")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert out.endswith("podium: .venv is ready\n")
    assert environments(checkout) == [".venv"]
    assert sorted(path.name for path in (checkout / ".venv").iterdir()) == [".made", "bin"]


def test_the_earlier_one_comes_back_where_packages_cannot_be_had(checkout):
    process = make(checkout, "echo no network >&2; exit 1")
    _, err = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "no network" in err
    assert is_the_earlier_one(checkout)


def test_the_earlier_one_comes_back_at_ctrl_c(checkout):
    process = make(checkout, "touch begun; sleep 60")
    deadline = time.monotonic() + 60
    while not (checkout / "begun").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode != 0
    assert is_the_earlier_one(checkout)


@pytest.mark.parametrize(("pip", "earlier"), [("exit 1", True), ("exit 0", False)])
def test_what_a_killed_make_has_left_is_no_environment(checkout, pip, earlier):
    (checkout / ".venv").rename(checkout / ".venv.old")
    (checkout / ".venv").mkdir()
    make(checkout, pip).communicate(timeout=60)
    assert environments(checkout) == [".venv"]
    assert is_the_earlier_one(checkout) == earlier
