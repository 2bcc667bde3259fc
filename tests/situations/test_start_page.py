"""What the first page of the documentation tells a newcomer to do works, and shows what it says."""

import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.command import TIMEOUT_S, run, start

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "start.md").read_text()
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = [
    shlex.split(line, comments=True)
    for language, block in BLOCKS
    if language == "sh"
    for line in block.splitlines()
]
PODIUM = [words[1:] for words in COMMANDS if words[0] == ".venv/bin/podium"]
ENDING = [words for words in PODIUM if words[0] != "serve"]
# Two need what a machine may lack: a file of keys, and Redis.
SERVING = [
    words
    for words in PODIUM
    if words[0] == "serve" and not {"--api-keys-file", "--redis-url"} & {*words}
]
LISTENING = re.compile(r"http://127\.0\.0\.1:\d+")


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def shown(command: str) -> str:
    """The output that the page shows under the block with the command."""
    index = next(i for i, (_, block) in enumerate(BLOCKS) if command in block)
    assert BLOCKS[index + 1][0] == ""
    return BLOCKS[index + 1][1]


def asked_once(serve: list[str], tmp_path) -> str:
    """What the example's client prints of a stack that is served; it is stopped again."""
    process = start(*serve, "--port", str(unused_port()), cwd=tmp_path)
    try:
        url = LISTENING.search(process.stdout.readline())[0]
        client = [sys.executable, str(ROOT / "examples" / "client.py"), url]
        done = subprocess.run(client, capture_output=True, text=True, timeout=60, check=True)
    finally:
        process.terminate()
        process.communicate(timeout=TIMEOUT_S)
    return done.stdout


def test_the_client_prints_what_the_page_shows(tmp_path):
    assert ["make", "serve"] in COMMANDS
    assert asked_once(["serve", "flask"], tmp_path) == shown("examples/client.py")


@pytest.mark.long
@pytest.mark.parametrize("words", SERVING, ids=" ".join)
def test_any_other_stack_answers_the_same(words, tmp_path):
    assert asked_once(words, tmp_path) == shown("examples/client.py")


@pytest.mark.long
@pytest.mark.timeout(TIMEOUT_S)
@pytest.mark.parametrize("words", ENDING, ids=" ".join)
def test_each_command_ends_as_wanted(words, tmp_path):
    done = run(*words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout
