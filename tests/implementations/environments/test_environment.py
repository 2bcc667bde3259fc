"""Environments with other versions: what is in them, and what happens where one cannot be made."""

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from implementations.catalogue import find_obstacle, find_stack, interpreter, versions
from implementations.environments.environment import MADE_OF, SHARED
from implementations.environments.installer import NothingFits, failure
from implementations.environments.interpreter import find_interpreter
from implementations.errors import EnvironmentNotMade
from implementations.launching.launcher import launch
from tests.implementations.environments.tiny_wheels import make_index, without_uv
from tests.situations.test_users_machine import ALONE, alone

__all__ = ["alone"]  # a fixture
DEADLINE_S = 120
# The reason for which a stack cannot run, with the folders that are left in the cache.
TELL = """
import sys
from pathlib import Path
from implementations.catalogue import find_obstacle, find_stack
print(find_obstacle(find_stack(sys.argv[1])))
print([path.name for path in Path(sys.argv[2]).glob("environments/*") if path.is_dir()])
"""


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder of tiny wheels, from which alone is installed."""
    for name, value in make_index(tmp_path / "an index").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PODIUM_CACHE_DIR", str(tmp_path / "a cache"))
    return tmp_path / "an index"


def environments(tmp_path: Path) -> list[Path]:
    """What is in the cache of environments, locks aside."""
    return [path for path in tmp_path.glob("a cache/environments/*") if path.is_dir()]


def test_only_what_was_asked_for_differs_and_a_second_use_installs_nothing(
    index, tmp_path, monkeypatch
):
    stack = find_stack("flask@3.0")
    assert interpreter(stack) is None
    assert find_obstacle(stack) is None
    (made,) = environments(tmp_path)
    assert interpreter(stack) == str(made / "bin" / "python")
    kept = (*SHARED, "gunicorn", "werkzeug")
    found = versions(interpreter(stack), ("flask", *kept, "numpy", "podium"))
    assert found == {
        "flask": "3.0.12",
        **{name: version(name) for name in kept},
        "numpy": None,
        "podium": None,
    }
    assert json.loads((made / MADE_OF).read_text())["flask"] == "3.0.12"
    for file in index.iterdir():
        file.unlink()
    again = subprocess.run(
        [sys.executable, "-c", TELL, "flask@3.0", tmp_path / "a cache"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert again.stdout.splitlines() == ["None", f"['{made.name}']"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("flask@3.7", "no flask==3.7.* has a wheel for this Python and machine"),
        ("flask@3.1", "no flask==3.1.* has a wheel for this Python and machine"),
        ("flask@./nowhere", "there is nothing at"),
    ],
    ids=["unknown", "without wheels", "no checkout"],
)
def test_what_cannot_be_had_is_told_and_leaves_nothing(name, reason, index, tmp_path):
    obstacle = find_obstacle(find_stack(name))
    assert obstacle.kind == "no_environment"
    assert reason in str(obstacle)
    assert "\n" not in str(obstacle)
    assert environments(tmp_path) == []


@pytest.mark.long
def test_another_package_follows_where_the_asked_version_needs_it(index):
    stack = find_stack("flask@2.0")
    assert find_obstacle(stack) is None
    found = versions(interpreter(stack), ("flask", "werkzeug", "pydantic"))
    assert found == {"flask": "2.0.1", "werkzeug": "1.5", "pydantic": version("pydantic")}
    assert "no " in str(find_obstacle(find_stack("flask@4.0")))


@pytest.mark.long
def test_a_full_disk_is_told_and_leaves_nothing(alone, index, tmp_path, monkeypatch):
    cache = tmp_path / "a cache"
    cache.mkdir()
    script = f'mount -t tmpfs -o size=40k none "{cache}"; exec "$@"'
    done = subprocess.run(
        [*ALONE, "sh", "-c", script, "sh", sys.executable, "-c", TELL, "flask@3.0", cache],
        capture_output=True,
        text=True,
        check=True,
        timeout=DEADLINE_S,
    )
    told, left = done.stdout.splitlines()
    assert "No space left on device" in told
    assert left == "[]"


def test_no_network_is_told(tmp_path, monkeypatch):
    """The index is at a port where nobody listens."""
    monkeypatch.setenv("PODIUM_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1/simple")
    monkeypatch.setenv("PATH", without_uv())
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.delenv("PIP_EXTRA_INDEX_URL", raising=False)
    told = str(find_obstacle(find_stack("flask@3.0")))
    assert told.endswith("no index of packages can be reached")
    assert [path for path in tmp_path.glob("environments/*") if path.is_dir()] == []


@pytest.mark.parametrize(
    ("asked", "reason"),
    [("3.1", "there is no Python '3.1' here"), ("/nowhere/python", "there is no Python")],
)
def test_an_interpreter_that_is_not_there_is_told(asked, reason):
    with pytest.raises(EnvironmentNotMade, match=reason):
        find_interpreter(asked)


def test_an_interpreter_is_found_by_path_and_ours_by_default():
    assert find_interpreter(sys.executable) == find_interpreter(None)


@pytest.mark.parametrize(
    "said",
    [
        "ERROR: Could not find a version that satisfies the requirement flask==9.* (from versions: "
        "1.0)\nERROR: No matching distribution found for flask==9.*",
        "ERROR: ResolutionImpossible: for help visit",
        "error: No solution found when resolving dependencies\n  cause: Because only flask<=3.1.3 "
        "is available and you require flask==9.*, we can conclude that it is unsatisfiable.",
        "  × No solution found when resolving dependencies:\n  ╰─▶ Because there is no version",
    ],
)
def test_what_pip_and_uv_print_of_versions_that_are_not_there_is_understood(said):
    assert isinstance(failure(said), NothingFits)


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        (
            "WARNING: Retrying: NewConnectionError\nERROR: No matching distribution found for x",
            "no index of packages can be reached",
        ),
        (
            "error: Request failed\n  cause: Failed to fetch: http://127.0.0.1:1/simple/flask/",
            "no index of packages can be reached",
        ),
        (
            "ERROR: Could not install packages: [Errno 28] No space left on device",
            "No space left on device",
        ),
        ("a\nERROR: b\nc", "ERROR: b"),
        ("", "the installer failed and printed nothing"),
    ],
)
def test_what_else_an_installer_prints_is_told_in_a_clause(said, meaning):
    assert str(failure(said)).endswith(f": {meaning}")


@pytest.mark.long
def test_uv_installs_where_it_is_installed(index, tmp_path, monkeypatch):
    """A program of that name, which notes how it is called and has pip do it."""
    programs = tmp_path / "programs"
    programs.mkdir()
    pip = f'"{sys.executable}" -m pip --python "$python" install --quiet'
    (programs / "uv").write_text(
        f'#!/bin/sh\necho "$@" >> "{tmp_path}/calls"\npython="$6"; shift 6\nexec {pip} "$@"\n'
    )
    (programs / "uv").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    assert find_obstacle(find_stack("flask@3.0")) is None
    first, second = (tmp_path / "calls").read_text().splitlines()
    assert first.startswith("pip install --quiet --compile-bytecode --python ")
    assert first.endswith(" --only-binary :all: --no-deps flask==3.0.*")
    assert " flask==3.0.12 " in f"{second} "


@pytest.mark.long
@pytest.mark.timeout(300)
def test_an_older_flask_from_the_index_serves_and_says_its_version(tmp_path, monkeypatch):
    monkeypatch.setenv("PODIUM_CACHE_DIR", str(tmp_path))
    with launch(find_stack("flask@3.0:granian")) as server:
        found = server.versions()
    assert found["flask"].startswith("3.0.")
    assert found["granian"] == version("granian")
