"""The catalogue: entries, servers and stacks by name, and what is missing for one to run."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from implementations.catalogue import (
    MOST_WORKERS,
    SERVERS_FILE,
    all_stacks,
    entries,
    find_obstacle,
    find_stack,
    interpreter,
    servers,
    versions,
)
from implementations.errors import (
    EntryInvalid,
    NothingToVersion,
    ServersInvalid,
    ServerUnfit,
    TooManyWorkers,
    UnknownStack,
)
from implementations.servers.registry import read_servers

FOLDERS = SERVERS_FILE.parents[1].glob("*/entry.toml")


def write(directory: Path, **changed: str | None) -> Path:
    """An entry folder with some lines of a good `entry.toml` changed; None leaves one out."""
    lines = {
        "name": '"mine"',
        "interface": '"wsgi"',
        "servers": '["granian"]',
        "model_call": '"thread"',
    } | changed
    directory.mkdir(exist_ok=True)
    text = "\n".join(f"{key} = {value}" for key, value in lines.items() if value is not None)
    (directory / "entry.toml").write_text(text)
    (directory / "app.py").touch()
    return directory


def test_entries_are_all_folders_by_name() -> None:
    names = [tomllib.loads(file.read_text())["name"] for file in FOLDERS]
    assert {"flask", "fastapi", "falcon"} < set(names)
    assert [entry.name for entry in entries()] == sorted(names)


def test_all_stacks_pairs_each_entry_with_every_server_of_its_interface() -> None:
    names = [stack.name for stack in all_stacks()]
    assert len(names) == len(set(names))
    assert len(names) == sum(
        entry.interface in server.interfaces for entry in entries() for server in servers().values()
    )
    assert "flask:gunicorn" in names
    assert "falcon-asgi:granian" in names


def test_every_stack_can_run_with_the_locked_packages() -> None:
    assert {stack.name: find_obstacle(stack) for stack in all_stacks()} == dict.fromkeys(
        stack.name for stack in all_stacks()
    )


@pytest.mark.parametrize(
    ("text", "name", "workers"),
    [
        ("flask", "flask:gunicorn", 1),
        ("fastapi", "fastapi:uvicorn", 1),
        ("flask:granian", "flask:granian", 1),
        ("falcon-asgi:granian:4", "falcon-asgi:granian:4", 4),
        ("flask:gunicorn:1", "flask:gunicorn", 1),
        ("flask@3.0", "flask@3.0:gunicorn", 1),
        ("flask@3.0.3:granian", "flask@3.0.3:granian", 1),
        ("fastapi@0.110:uvicorn:2", "fastapi@0.110:uvicorn:2", 2),
        ("flask@4.0rc1", "flask@4.0rc1:gunicorn", 1),
        ("flask@../checkout", "flask@../checkout:gunicorn", 1),
        ("flask@./a b@c:granian", "flask@./a b@c:granian", 1),
        ("flask@.", "flask@.:gunicorn", 1),
        ("flask:granian@2.6", "flask:granian@2.6", 1),
        ("flask@3.0:granian@2.6:4", "flask@3.0:granian@2.6:4", 4),
        ("wsgi:granian@2", "wsgi:granian@2", 1),
    ],
)
def test_find_stack_takes_one_to_three_parts(text: str, name: str, workers: int) -> None:
    stack = find_stack(text)
    assert (stack.name, stack.workers) == (name, workers)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "flask:",
        "flask:gunicorn:",
        "flask::4",
        "flask:gunicorn:0",
        "flask:gunicorn:04",
        "flask:gunicorn:-1",
        "flask:gunicorn:x",
        "flask:gunicorn:²",
        "flask:gunicorn:4:4",
        "flask:4",
        "flask@",
        "flask@3.",
        "flask@x",
        "flask@3 .0",
        "flask@3.0@4",
        "flask@3.0:4",
        "flask:@2.6",
        "flask:granian@",
        "flask:granian@../checkout",
        "@3.0",
        "nothing-like-it",
    ],
)
def test_find_stack_refuses_everything_else(text: str) -> None:
    with pytest.raises(UnknownStack):
        find_stack(text)


def test_a_floor_has_no_framework_to_choose_a_version_of() -> None:
    with pytest.raises(NothingToVersion, match="only its server's"):
        find_stack("wsgi@3.0")


def test_a_path_is_absolute_in_the_name_by_which_a_stack_is_found_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stack = find_stack("flask@./checkout:granian@2.6:2", python="3.13")
    assert stack.placed_name == f"flask@{tmp_path}/checkout:granian@2.6:2"
    found = find_stack(stack.placed_name, python="3.13")
    assert (found.placed_name, found.asked.path) == (stack.placed_name, stack.asked.path)
    assert stack.asked.python == "3.13"
    assert find_stack("flask", python="3.13").asked is None


def test_unknown_stack_names_the_nearest() -> None:
    with pytest.raises(UnknownStack, match=r"did you mean falcon:gunicorn"):
        find_stack("falcon:gunicron")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("flask:uvicorn", "flask is WSGI, .*; flask:gunicorn and flask:granian would do"),
        ("fastapi:gunicorn:2", "fastapi is ASGI, .*; fastapi:uvicorn and fastapi:granian would do"),
    ],
)
def test_a_server_of_the_other_interface_is_refused_with_those_that_fit(text, says) -> None:
    with pytest.raises(ServerUnfit, match=says):
        find_stack(text)


@pytest.mark.parametrize("workers", ["99999", "1" + "0" * 5000])
def test_more_workers_than_a_machine_can_run_are_refused(workers: str) -> None:
    with pytest.raises(TooManyWorkers, match=f"; {MOST_WORKERS} is the most"):
        find_stack(f"flask:gunicorn:{workers}")
    assert find_stack(f"flask:gunicorn:{MOST_WORKERS}").workers == MOST_WORKERS


def test_entry_from_outside_stands_beside_ours(tmp_path: Path) -> None:
    directory = write(tmp_path / "own entry")
    assert find_stack("mine", [directory]).name == "mine:granian"
    assert [stack.name for stack in all_stacks([directory])][-2:] == [
        "mine:granian",
        "mine:gunicorn",
    ]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"name": None}, "`name`"),
        ({"name": '""'}, "`name`"),
        ({"name": '"a:b"'}, "`name` must be letters"),
        ({"name": '"-x"'}, "`name` must be letters"),
        ({"name": '"../x"'}, "`name` must be letters"),
        ({"name": '"x\\ny"'}, "`name` must be letters"),
        ({"name": '"flask"'}, "is taken by"),
        ({"interface": '"cgi"'}, "one of wsgi, asgi"),
        ({"interface": '["wsgi"]'}, "one of wsgi, asgi"),
        ({"servers": "[]"}, "`servers`"),
        ({"servers": '"granian"'}, "`servers`"),
        ({"servers": '["uvicorn"]'}, "those for wsgi are gunicorn, granian"),
        ({"servers": '["nginx"]'}, "those for wsgi are gunicorn, granian"),
        ({"model_call": None}, "one of loop, thread"),
        ({"links": "[1]"}, "`links`"),
        ({"notes": "["}, "is not TOML"),
        ({"python": "3"}, "`python`"),
    ],
)
def test_entry_that_is_broken_says_what_is_wrong(
    tmp_path: Path, changed: dict[str, str | None], message: str
) -> None:
    directory = write(tmp_path / "own", **changed)
    with pytest.raises(EntryInvalid, match=message) as caught:
        entries([directory])
    assert "own/entry.toml" in str(caught.value)


def test_entry_folder_that_is_none_says_so(tmp_path: Path) -> None:
    with pytest.raises(EntryInvalid, match="No such file"):
        entries([tmp_path])


def test_an_obstacle_names_the_missing_package(tmp_path: Path) -> None:
    directory = write(tmp_path / "own", package='"podium-of-nobody"')
    reason = find_obstacle(find_stack("mine", [directory]))
    assert reason is not None
    assert (reason.kind, reason.missing) == ("packages_missing", ("podium-of-nobody",))
    assert str(reason).startswith("podium-of-nobody not installed for")


def test_an_obstacle_names_the_missing_app(tmp_path: Path) -> None:
    directory = write(tmp_path / "own")
    (directory / "app.py").unlink()
    assert "no app.py" in str(find_obstacle(find_stack("mine", [directory])))


def test_an_obstacle_names_the_missing_interpreter(tmp_path: Path) -> None:
    directory = write(tmp_path / "own", python='"venv/bin/python"')
    found = find_obstacle(find_stack("mine", [directory]))
    assert str(found) == "there is no interpreter 'venv/bin/python'"


def test_an_obstacle_says_when_an_interpreter_is_none(tmp_path: Path) -> None:
    directory = write(tmp_path / "own", python='"./python"')
    (directory / "python").write_text("#!/bin/sh\nexit 3\n")
    (directory / "python").chmod(0o755)
    assert "does not answer" in str(find_obstacle(find_stack("mine", [directory])))


def test_an_obstacle_asks_the_interpreter_of_the_entry(tmp_path: Path) -> None:
    bare = tmp_path / "own" / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", bare], check=True)
    directory = write(tmp_path / "own", python='"venv/bin/python"')
    stack = find_stack("mine", [directory])
    assert interpreter(stack) == str(directory / "venv/bin/python")
    assert "granian not installed" in str(find_obstacle(stack))


def test_versions_of_another_interpreter_are_its_own() -> None:
    here = versions(sys.executable, ["flask", "podium-of-nobody"])
    assert here["flask"] is not None
    assert here["podium-of-nobody"] is None
    # Spelt another way it is another interpreter, and is asked.
    assert versions(f"{Path(sys.executable).parent}//python", ["flask"]) == {"flask": here["flask"]}


def test_entry_loads_its_app_by_its_file(tmp_path: Path) -> None:
    made = []
    for name in ("one", "two"):
        directory = write(tmp_path / name, name=f'"{name}"')
        (directory / "flask.py").write_text("raise ImportError('never imported')")
        (directory / "words.py").write_text(f"WORD = {name!r}")
        (directory / "app.py").write_text(
            "import flask\nfrom .words import WORD\n"
            "def create_app(service):\n    return WORD, service, flask.__name__\n"
        )
        made.append(directory)
    path_before = list(sys.path)
    apps = [entry.create_app(7) for entry in entries(made)[-2:]]
    assert apps == [("one", 7, "flask"), ("two", 7, "flask")]
    assert sys.path == path_before


def test_servers_have_the_same_knobs_for_every_stack() -> None:
    values = {"workers": 2}
    knobs = {
        stack.name: stack.server.settings(stack.entry.interface, values) for stack in all_stacks()
    }
    assert len({frozenset(found) for found in knobs.values()}) == 1
    for equal in ("workers", "keep_alive_s", "backlog", "log_level", "access_log", "websockets"):
        assert len({found[equal] for found in knobs.values()}) == 1, equal
    # Each server has its best number of them (see servers.toml), whatever it serves.
    threads = {
        (stack.server.name, stack.entry.interface, knobs[stack.name]["threads"])
        for stack in all_stacks()
    }
    assert len(threads) == sum(len(server.interfaces) for server in servers().values())


def test_a_note_about_a_server_stands_in_servers_toml_and_goes_to_its_stacks_only() -> None:
    for stack in all_stacks():
        others = [server for server in servers().values() if server != stack.server]
        for other in others:
            assert not any(other.name in note for note in stack.notes), stack.name
            assert not set(other.notes) & (set(stack.notes) - set(stack.server.notes))
        assert set(stack.server.notes) <= set(stack.notes)
    for entry in entries():
        assert not any(server in note for note in entry.notes for server in servers()), entry.name


def test_a_note_about_an_interface_of_a_server_goes_to_that_interface_only() -> None:
    wsgi, asgi = (find_stack(name) for name in ("flask:granian", "asgi:granian"))
    (threads,) = [note for note in wsgi.notes if "8 threads" in note]
    assert threads not in asgi.notes


def test_idle_connections_live_two_minutes_or_more() -> None:
    for server in servers().values():
        for interface in server.interfaces:
            arguments = server.arguments(interface, dict.fromkeys(VALUES, "1"))
            assert int(arguments[arguments.index("--keep-alive") + 1]) >= 120


VALUES = ("host", "port", "address", "workers", "drain_s", "run_directory", "target")


def test_a_server_program_is_one_table(tmp_path: Path) -> None:
    file = tmp_path / "servers.toml"
    file.write_text(
        SERVERS_FILE.read_text()
        + '[server.mine]\npackages = ["mine"]\ncommand = ["-m", "mine", "-b", "{address}"]\n'
        + 'settings = { http_parser = "own" }\n'
        + '[server.mine.asgi]\narguments = ["--keep", "{keep_alive_s}"]\n'
    )
    server = read_servers(file)["mine"]
    assert server.interfaces == ("asgi",)
    assert server.arguments("asgi", {"address": "[::1]:80"}) == [
        *("-m", "mine", "-b", "[::1]:80", "--keep", "120")
    ]
    assert server.settings("asgi", {"workers": 3})["workers"] == "3"


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('[server.mine]\npackages = ["mine"]\ncommand = []\n', "none of wsgi, asgi"),
        ("[server.mine]\npackages = []\ncommand = []\n[server.mine.wsgi]\n", "`packages`"),
    ],
)
def test_a_server_table_that_is_broken_says_so(tmp_path: Path, table: str, message: str) -> None:
    file = tmp_path / "servers.toml"
    file.write_text(f"[equal]\n[environment]\n{table}")
    with pytest.raises(ServersInvalid, match=message):
        read_servers(file)
