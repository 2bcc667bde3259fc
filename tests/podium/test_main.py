"""Exit codes of the command, and what is printed beside them."""

import re

import pytest

import podium.__main__ as command
from podium.__main__ import COMMANDS, main, podium


@pytest.fixture
def failing(monkeypatch):
    """A command that raises what the test wants."""

    def make(error):
        def fail(*_args, **_kwargs):
            raise error

        monkeypatch.setattr(command.podium, "main", fail)

    return make


def test_an_error_that_is_known_is_one_sentence_and_2(failing, capsys):
    failing(FileNotFoundError(2, "No such file or directory", "x.study"))
    assert main(["report", "x.study"]) == 2
    assert capsys.readouterr().err == "podium: No such file or directory: x.study\n"


def test_a_known_error_shows_its_traceback_where_asked(failing, capsys, monkeypatch):
    monkeypatch.setenv("PODIUM_DEBUG", "1")
    failing(FileNotFoundError(2, "No such file or directory", "x.study"))
    assert main(["report", "x.study"]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_a_defect_has_a_code_of_its_own_and_its_traceback(failing, capsys):
    failing(ZeroDivisionError("by hand"))
    assert main(["report", "x.study"]) == 70
    told = capsys.readouterr().err
    assert "ZeroDivisionError: by hand" in told
    assert told.endswith("please report it with the text above\n")


def test_an_interrupt_is_130(failing, capsys):
    failing(KeyboardInterrupt())
    assert main(["report", "x.study"]) == 130
    assert capsys.readouterr().err == "podium: interrupted\n"


def leaves(name, found):
    """All commands below a command, by their whole name."""
    below = getattr(found, "commands", None)
    return (
        [leaf for part, one in below.items() for leaf in leaves(f"{name} {part}", one)]
        if below
        else [(name, found)]
    )


LEAVES = [leaf for name in COMMANDS for leaf in leaves(name, podium.get_command(None, name))]


@pytest.mark.parametrize(("name", "found"), LEAVES, ids=[name for name, _ in LEAVES])
def test_every_option_has_a_sentence_of_help(name, found):
    """It begins with a capital and ends with a full stop, before what click adds."""
    for option in found.params:
        if option.param_type_name == "option":
            text = re.sub(r"\s*\[default: .*\]$", "", option.help or "")
            assert re.fullmatch(r"[A-Z].*\.", text), f"{name} {option.opts}: {option.help!r}"
            assert not re.match(r"(What|How|Whether|The|Its) ", text), f"{name} {option.opts}"


@pytest.mark.parametrize(("name", "found"), LEAVES, ids=[name for name, _ in LEAVES])
def test_every_command_shows_an_example_and_its_exit_codes(name, found):
    assert f"podium {name}" in (found.epilog or "")
    assert "Exit codes:" in found.epilog
