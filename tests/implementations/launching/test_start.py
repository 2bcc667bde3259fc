"""What is said of a server while it starts, and of one that never does."""

import sys

import pytest

from implementations.catalogue import find_stack
from implementations.errors import DiedAtStart, SilentAtStart
from implementations.launching import running_stack
from implementations.launching.launcher import LaunchOptions, launch


@pytest.fixture
def stack(tmp_path):
    """A stack whose interpreter knows its packages, and runs `server` in place of a server."""

    def make(server):
        (tmp_path / "entry.toml").write_text(
            'name = "mine"\ninterface = "wsgi"\nservers = ["granian"]\nmodel_call = "thread"\n'
            'python = "./python"\n'
        )
        (tmp_path / "app.py").touch()
        python = tmp_path / "python"
        python.write_text(f'#!/bin/sh\n[ "$1" = -I ] && exec "{sys.executable}" "$@"\n{server}\n')
        python.chmod(0o755)
        return find_stack("mine", [tmp_path])

    return make


@pytest.mark.parametrize("shown", [True, False])
@pytest.mark.parametrize(
    ("server", "says"), [("exit 3", ", and printed nothing"), ("echo why; exit 3", "printed")]
)
def test_of_a_server_that_ends_is_shown_what_it_printed_or_that_it_printed_nothing(
    stack, server, says, shown, capfdbinary
):
    with pytest.raises(DiedAtStart) as ended:
        launch(stack(server), LaunchOptions(show_output=shown))
    silent = server == "exit 3"
    assert says in str(ended.value)
    assert ("nothing" in str(ended.value)) == silent
    seen = str(ended.value) + capfdbinary.readouterr().err.decode()
    assert ("why" in seen) == (not silent)


def test_a_wait_is_told_and_ends_by_its_deadline(stack, monkeypatch):
    monkeypatch.setattr(running_stack, "_SAY_AFTER_S", 0.0)
    told = []
    options = LaunchOptions(show_output=True, ready_timeout_s=0.3, waiting=told.append)
    with pytest.raises(SilentAtStart, match=r"0 of 1 workers ready\), and printed nothing"):
        launch(stack("exec sleep 60"), options)
    assert told == ["mine:granian is not ready yet (0 of 1 workers ready)"]
