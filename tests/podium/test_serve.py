"""`podium serve` and `podium stacks` as a user starts them."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import click
import psutil
import pytest
import requests

from implementations.catalogue import all_stacks
from podium.commands.serve import command
from shared.model.built_in import built_in_version
from shared.settings import Settings

DEADLINE_S = 60


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def podium(tmp_path):
    """Starts the command in a directory of its own; gives the process."""
    started = []
    root = tmp_path / "with a space"
    root.mkdir()

    def start(*arguments: str) -> "subprocess.Popen[str]":
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "podium", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                cwd=tmp_path,
                env=os.environ | {"TMPDIR": str(root), "PYTHONUNBUFFERED": "1"},
                start_new_session=True,
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def serving(process: "subprocess.Popen[str]") -> str:
    """Waits until the command says that it serves; gives the URL."""
    line = process.stdout.readline()
    assert " answers at " in line, (line, process.stderr.read())
    return line.split(" answers at ")[1].split(";")[0]


@pytest.mark.parametrize(
    ("how", "workers", "stack"),
    [(signal.SIGINT, "2", "flask:gunicorn:2"), (signal.SIGTERM, "1", "flask:gunicorn")],
)
def test_serve_answers_until_it_is_asked_to_stop(how, workers, stack, podium, port) -> None:
    process = podium("serve", "flask", "--port", str(port), "--workers", workers)
    url = serving(process)
    assert url == f"http://127.0.0.1:{port}"
    with urllib.request.urlopen(f"{url}/api/count") as answer:
        assert answer.read() == b'{"count":1}'
    process.send_signal(how)
    assert f"curl --noproxy '*' {url}/api/count\n" in process.stdout.read()
    err = process.stderr.read()
    assert process.wait(DEADLINE_S) == 0, err
    *waited, last = err.splitlines()
    assert last == "draining; Ctrl-C again ends at once"
    assert all(f"podium: {stack} is not ready yet" in line for line in waited)


def told_to_try(process: "subprocess.Popen[str]") -> list[str]:
    """The command lines that are printed when a stack answers."""
    commands = []
    while not (line := process.stdout.readline()).startswith("or open"):
        commands += [line] if line.strip() else []
    return commands


def answers_to(commands: list[str], **variables: str) -> list[bytes]:
    environment = os.environ | variables
    return [
        subprocess.run(line, shell=True, capture_output=True, check=True, env=environment).stdout
        for line in commands
    ]


def test_what_serve_tells_to_try_works(podium, port) -> None:
    process = podium("serve", "wsgi:granian", "--port", str(port))
    serving(process)
    answers = answers_to(told_to_try(process))
    assert answers[:2] == [b'{"count":1}', b'{"name":"Alice","letter_count":5}']
    assert json.loads(answers[2])["predictions"] == ["setosa"]


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_what_serve_tells_to_try_works_behind_a_proxy_and_on_all_addresses(
    host, podium, port, monkeypatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    process = podium("serve", "wsgi:granian", "--host", host, "--port", str(port))
    serving(process)
    assert answers_to(told_to_try(process))[0] == b'{"count":1}'


@pytest.mark.parametrize("host", ["", "no-such-host.invalid"])
def test_serve_on_a_host_that_is_none_is_one_sentence(host, podium) -> None:
    process = podium("serve", "wsgi:granian", "--host", host)
    out, err = process.communicate(timeout=DEADLINE_S)
    assert (process.returncode, out) == (2, "")
    assert err.startswith(f"podium: cannot listen on {host!r}: ")
    assert err.count("\n") == 1


def test_served_operations_ask_for_a_key_and_have_a_limit(podium, port, tmp_path) -> None:
    (tmp_path / "keys").write_text("my-key\n")
    guard = ["--api-keys-file", "keys", "--rate-limit", "3/hour"]
    process = podium("serve", "wsgi:granian", "--port", str(port), *guard)
    serving(process)
    commands = told_to_try(process)
    assert [json.loads(answer)["status"] for answer in answers_to(commands, KEY="x")] == [401] * 3
    assert answers_to(commands, KEY="my-key")[0] == b'{"count":1}'
    assert json.loads(answers_to(commands, KEY="my-key")[0])["status"] == 429


def test_each_setting_of_a_service_is_an_option_of_serve_or_the_launchers_own() -> None:
    launchers = {"counter_file", "ready_directory", "redis_prefix", "grace_s"}
    assert {option.name for option in command.params} >= set(Settings.model_fields) - launchers
    named = {option.name: option.envvar for option in command.params if option.envvar}
    assert named == {name: f"PODIUM_{name.upper()}" for name in named}
    assert not set(named) & {*launchers, "workers"}
    shown = command.get_help(click.Context(command))
    assert all(f"env var: {variable}" in " ".join(shown.split()) for variable in named.values())


@pytest.mark.parametrize("by", ["options", "variables"])
def test_serve_shows_each_setting_but_no_secret(by, podium, port, tmp_path, monkeypatch) -> None:
    model = tmp_path / "own model"
    shutil.copytree(built_in_version("diabetes"), model)
    given = {
        "model": str(model),
        "engine": "sklearn",
        "content_limit_bytes": "700",
        "predictions_at_once": "3",
    }
    if by == "variables":  # as an option it is refused without a limit, for which alone it is asked
        given["redis_url"] = "redis://:secret@127.0.0.1:1/0"
    options = []
    for name, value in given.items():
        if by == "options":
            options += [f"--{name.replace('_', '-').removesuffix('-bytes')}", value]
        else:
            monkeypatch.setenv(f"PODIUM_{name.upper()}", value)
    process = podium("serve", "wsgi:granian", "--port", str(port), *options)
    line = process.stdout.readline()
    for name, value in given.items():
        assert f"{name} {'***' if 'secret' in value else value}" in line
    assert "secret" not in line
    long = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/letter_count",
        json.dumps({"name": "x" * 700}).encode(),
        {"Content-Type": "application/json"},
    )
    with pytest.raises(urllib.error.HTTPError, match="413"):
        urllib.request.urlopen(long)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--rate-limit", "often"], "the rate limit 'often' is not a number of requests and"),
        (["--rate-limit", "5/minute", "--workers", "2"], "only through Redis; give its address"),
        (["--api-keys-file", "nowhere"], "API keys nowhere cannot be read (No such file or"),
    ],
)
def test_serve_with_a_guard_that_cannot_be_is_one_sentence(podium, options, told) -> None:
    process = podium("serve", "flask", *options)
    out, err = process.communicate(timeout=DEADLINE_S)
    assert (process.returncode, out) == (2, "")
    assert told in err
    assert err.startswith("podium: ")
    assert err.count("\n") == 1


def test_serve_on_a_busy_port_is_one_sentence(podium, port) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        process = podium("serve", "flask", "--port", str(port))
        out, err = process.communicate(timeout=DEADLINE_S)
    assert (process.returncode, out) == (2, "")
    assert err == (
        f"podium: port {port} on 127.0.0.1 is in use by another process; "
        "stop that, or choose another port with --port\n"
    )


def add_worker(process: "subprocess.Popen[str]") -> psutil.Process:
    """Sends SIGTTIN to gunicorn's first process, and gives it."""
    [keeper] = psutil.Process(process.pid).children()
    [master] = keeper.children()
    master.send_signal(signal.SIGTTIN)
    return master


def test_a_worker_that_would_limit_rates_apart_is_refused(podium, port) -> None:
    process = podium("serve", "flask:gunicorn", "--port", str(port), "--rate-limit", "5/day")
    url = serving(process)
    master = add_worker(process)
    said = process.stderr.readline()
    while "no worker is added" not in said:
        assert said, "nothing more is said"
        said = process.stderr.readline()
    assert "2 workers can keep one rate limit only through Redis" in said
    statuses = [requests.get(f"{url}/api/count", timeout=10).status_code for _ in range(20)]
    assert statuses == [200] * 5 + [429] * 15
    assert len(master.children()) == 1


def test_a_worker_that_is_added_shares_the_counter(podium, port) -> None:
    process = podium("serve", "flask:gunicorn", "--port", str(port))
    url = serving(process)
    master = add_worker(process)
    deadline = time.monotonic() + DEADLINE_S
    while len(master.children()) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    counts, workers = [], master.children()
    assert len(workers) == 2
    workers[0].suspend()  # so that the one that was added answers
    try:
        counts += [requests.get(f"{url}/api/count", timeout=30).json()["count"] for _ in range(9)]
    finally:
        workers[0].resume()
    counts += [requests.get(f"{url}/api/count", timeout=30).json()["count"] for _ in range(9)]
    assert counts == list(range(1, 19))


def test_serve_with_an_unknown_stack_is_one_sentence(podium) -> None:
    process = podium("serve", "falsk")
    out, err = process.communicate(timeout=DEADLINE_S)
    assert (process.returncode, out) == (2, "")
    assert err.startswith("podium: there is no stack 'falsk'; did you mean ")
    assert err.count("\n") == 1


def test_serve_preloads_only_where_the_server_can(podium, port) -> None:
    process = podium("serve", "fastapi", "--preload")
    out, err = process.communicate(timeout=DEADLINE_S)
    assert (process.returncode, out) == (2, "")
    assert err == (
        "podium: fastapi:uvicorn cannot load the model before its workers start, because its "
        "server forks none; serve it without --preload, or by gunicorn\n"
    )
    url = serving(podium("serve", "flask", "--preload", "--port", str(port)))
    assert requests.get(f"{url}/api/health", timeout=10).json() == {"status": "ok"}


def test_serve_tells_when_the_server_ends_by_itself(podium, port) -> None:
    process = podium("serve", "wsgi:granian", "--port", str(port))
    serving(process)
    [keeper] = psutil.Process(process.pid).children()
    [server] = keeper.children()
    server.kill()
    _, err = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 2
    assert "wsgi:granian ended by itself with status 137" in err


def test_serve_shows_what_an_app_of_ones_own_prints(podium, port, tmp_path) -> None:
    entry = tmp_path / "my own"
    entry.mkdir()
    (entry / "entry.toml").write_text(
        'name = "mine"\ninterface = "wsgi"\nservers = ["gunicorn"]\nmodel_call = "thread"\n'
    )
    (entry / "app.py").write_text("raise RuntimeError('out of tea')")
    process = podium("serve", "mine", "--entry", str(entry), "--port", str(port))
    out, err = process.communicate(timeout=DEADLINE_S)
    assert (process.returncode, out) == (2, "")
    assert "RuntimeError: out of tea" in err
    assert err.endswith(
        "podium: mine:gunicorn ended with status 3 before it was ready; what it printed is above\n"
    )


def test_stacks_lists_each_stack_as_json(podium) -> None:
    process = podium("stacks", "--json")
    out, _ = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0
    stacks = json.loads(out)
    assert [stack["stack"] for stack in stacks] == [stack.name for stack in all_stacks()]
    for stack in stacks:
        assert stack["available"] is (stack["why_not"] is None)
    assert [s["stack"] for s in stacks if s["implementation"] == "flask" and s["default"]] == [
        "flask:gunicorn"
    ]


def test_stacks_shows_the_notes_of_a_stack_and_of_no_other_server(podium) -> None:
    out, _ = podium("stacks", "flask:gunicorn").communicate(timeout=DEADLINE_S)
    first, *notes = out.splitlines()
    assert first == "flask:gunicorn  ready"
    assert notes[0].startswith("  - Has 256 threads.")
    assert "granian" not in out
    assert "uvicorn" not in out
    assert "looks like content that ended" in " ".join(
        podium("stacks", "flask:granian").communicate(timeout=DEADLINE_S)[0].split()
    )


def test_stacks_refuses_a_stack_that_is_none(podium) -> None:
    process = podium("stacks", "flsk")
    out, err = process.communicate(timeout=DEADLINE_S)
    assert (process.returncode, out) == (2, "")
    assert "did you mean flask" in err


def test_stacks_says_what_cannot_run(podium, tmp_path) -> None:
    (tmp_path / "entry.toml").write_text(
        'name = "mine"\ninterface = "wsgi"\nservers = ["gunicorn"]\nmodel_call = "thread"\n'
        'package = "podium-of-nobody"\n'
    )
    (tmp_path / "app.py").touch()
    process = podium("stacks", "--entry", str(tmp_path))
    out, _ = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0
    assert "flask:gunicorn           ready\n" in out
    assert "mine:gunicorn            cannot run: podium-of-nobody not installed for" in out
