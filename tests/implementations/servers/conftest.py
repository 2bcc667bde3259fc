"""Tests with real servers: each gets a directory of its own and must leave nothing, nor running."""

import os
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from implementations.catalogue import Stack, find_stack
from implementations.launching.launcher import LaunchOptions, RunningStack, launch
from shared.settings import Settings

DEADLINE_S = 60


def comes_true(condition: Callable[[], object], deadline_s: float = DEADLINE_S) -> bool:
    """Whether a condition comes true before the deadline; it is asked again and again."""
    end = time.monotonic() + deadline_s
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.03)
    return True


def started_for(root: Path) -> list[psutil.Process]:
    """Living processes, other than this one, whose temporary folder is that of a test."""
    found = []
    for process in psutil.process_iter():
        try:
            if (
                process.pid != os.getpid()
                and process.environ().get("TMPDIR") == str(root)
                and process.status() != psutil.STATUS_ZOMBIE
            ):
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.fixture(scope="session")
def cache_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of this test run, so that the model is trained once in it."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def run_root(
    tmp_path: Path, cache_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """Where run directories are made, on a path with a space; checked to be empty at the end."""
    root = tmp_path / "with a space"
    root.mkdir()
    monkeypatch.setenv("TMPDIR", str(root))
    monkeypatch.setattr(tempfile, "tempdir", str(root))
    monkeypatch.setenv("PODIUM_CACHE_DIR", str(cache_directory))
    yield root
    assert comes_true(lambda: not started_for(root), 20), started_for(root)
    assert comes_true(lambda: not list(root.glob("*podium-*")), 5)


@pytest.fixture
def eventually() -> Callable[..., bool]:
    """Whether a condition comes true before a deadline."""
    return comes_true


@pytest.fixture
def processes(run_root: Path) -> Callable[[], list[psutil.Process]]:
    """The living processes that the test has started."""
    return lambda: started_for(run_root)


@pytest.fixture
def start() -> Iterator[Callable[..., RunningStack]]:
    """Starts stacks by name, and kills at the end what the test has not stopped."""
    started: list[RunningStack] = []

    def start_stack(stack: Stack | str, **options: object) -> RunningStack:
        chosen = find_stack(stack) if isinstance(stack, str) else stack
        given = {name: options.pop(name) for name in options.keys() & Settings.model_fields.keys()}
        options = {"ready_timeout_s": DEADLINE_S, "settings": Settings(**given), **options}
        started.append(launch(chosen, LaunchOptions(**options)))
        return started[-1]

    yield start_stack
    for running in started:
        running.kill()


@pytest.fixture
def write_entry(tmp_path: Path) -> Callable[..., Path]:
    """Writes an entry folder outside of the project; gives the folder."""

    def write(app: str, interface: str = "wsgi", name: str = "mine", more: str = "") -> Path:
        directory = tmp_path / "my backends" / name
        directory.mkdir(parents=True)
        server = "gunicorn" if interface == "wsgi" else "uvicorn"
        (directory / "entry.toml").write_text(
            f'name = "{name}"\ninterface = "{interface}"\nservers = ["{server}"]\n'
            f'model_call = "thread"\n{more}\n'
        )
        (directory / "app.py").write_text(textwrap.dedent(app))
        return directory

    return write
