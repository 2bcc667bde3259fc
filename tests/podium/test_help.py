"""The help of commands is written in one way, and teaches."""

import re

import click
import pytest

from podium.commands import models, serve, stacks

COMMANDS = {
    "serve": serve.command,
    "stacks": stacks.command,
    "models train": models.train_command,
}


@pytest.mark.parametrize("name", COMMANDS)
def test_each_option_has_an_imperative_sentence(name):
    options = [one for one in COMMANDS[name].params if isinstance(one, click.Option)]
    for option in options:
        assert re.fullmatch(r"[A-Z][^\[]+\.(  \[.+\])?", option.help or ""), option.name
        assert not re.match(r"(What|How|Whether|The|Its) ", option.help), option.name


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_examples_and_exit_codes(name):
    text = COMMANDS[name].help
    assert f"  podium {name}" in text
    assert "Exit codes: 0 " in text
