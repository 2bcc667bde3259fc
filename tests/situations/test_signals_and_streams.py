"""Signals that were ignored before the start, and standard streams of every kind."""

import io
import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path

import psutil
import pytest

import podium.__main__ as command
from contract_tests.run.suite_run import run_suite
from podium import streams
from reports.analysis.analysis import analyse
from reports.pages.terminal import print_report
from reports.study.file import read_study
from reports.wording.report import worded
from tests.contract_tests.wrong_backends.wrong_backend import app_source

ROOT = Path(__file__).parents[2]
DEADLINE_S = 100
ENCODINGS = {
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "latin-1": {"PYTHONIOENCODING": "latin-1"},
    "C": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}
REPORT = ("report", ROOT / "examples" / "study.study", "--out", "pages")
DETAILS = (*REPORT, "--details")
LOAD = ("load", "wsgi", "--operation", "count", "--duration", "0.2")
CHECK = ("check", "wsgi", "--case", "1.1.1")
FUZZ = ("fuzz", "wsgi", "asgi", "--requests", "40", "--seed", "1")
COMPARE = ("compare", "wsgi", "--quick", "--blocks", "2", "--operations", "count")


def run(arguments, cwd, environment=None, **how):
    """The command, to its end; its outputs in bytes."""
    inherited = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    return subprocess.run(
        [sys.executable, "-m", "podium", *map(str, arguments)],
        cwd=cwd,
        env=inherited | (environment or {}),
        timeout=DEADLINE_S,
        check=False,
        **{"capture_output": True, **how},
    )


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def figures(output: bytes) -> list[str]:
    """All numbers that are printed, but those of escaped characters."""
    text = re.sub(r"\\u[0-9a-f]{4}|\\x[0-9a-f]{2}", "", output.decode("utf-8", "replace"))
    return re.findall(r"[0-9]+(?:[.,][0-9]+)*", text)


@pytest.fixture(scope="module")
def printed(tmp_path_factory) -> bytes:
    """What a report prints into a pipe."""
    done = run(DETAILS, tmp_path_factory.mktemp("printed"))
    assert done.returncode == 0, done.stderr
    return done.stdout


def assert_same_figures(done, printed: bytes) -> None:
    assert done.returncode == 0, done.stderr
    assert figures(done.stdout) == figures(printed)
    assert b"Traceback" not in done.stderr


def test_every_figure_is_printed_in_every_encoding(printed, tmp_path):
    assert_same_figures(run(DETAILS, tmp_path, ENCODINGS["C"]), printed)


@pytest.mark.long
def test_every_case_of_a_list_is_printed_in_every_encoding(tmp_path):
    listing = ("check", "--list")
    done = run(listing, tmp_path, ENCODINGS["latin-1"])
    assert_same_figures(done, run(listing, tmp_path).stdout)


@pytest.mark.parametrize("encoding", ["C", pytest.param("ascii", marks=pytest.mark.long)])
@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(LOAD, id="load"),
        pytest.param(CHECK, id="check"),
        pytest.param(("check", "--help"), id="help"),
        pytest.param(FUZZ, id="fuzz", marks=pytest.mark.long),
        pytest.param(("calibrate",), id="calibrate", marks=pytest.mark.long),
        pytest.param(COMPARE, id="compare", marks=pytest.mark.long),
    ],
)
def test_a_command_ends_as_usual_where_only_ascii_can_be_printed(arguments, encoding, tmp_path):
    done = run(arguments, tmp_path, ENCODINGS[encoding])
    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr
    assert figures(done.stdout)


def test_json_is_the_same_value_in_every_encoding(monkeypatch):
    value = {"title": "≈ 5 µs, Noël 愛 😀"}
    for encoding in ("utf-8", "ascii", "latin-1", "cp1252"):
        printed = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(printed, encoding=encoding))
        streams.prepare()
        streams.print_for_programs()
        print(json.dumps(value, ensure_ascii=False), flush=True)
        assert json.loads(printed.getvalue().decode("utf-8")) == value


def test_signs_have_substitutes_and_other_characters_their_numbers():
    streams.prepare()
    assert "≈ 5 µs – ✗ 愛".encode("ascii", "podium-plain") == rb"~ 5 us - x \u611b"
    assert "5 µs".encode("latin-1", "podium-plain") == "5 µs".encode("latin-1")


def test_a_warning_is_printed_once_whatever_its_numbers(monkeypatch, capsys):
    """As of a stack that starts often, with another process id each time."""
    root = logging.RootLogger(logging.WARNING)
    monkeypatch.setattr(logging, "root", root)
    streams.log_to_stderr()
    for message in ("a [12] warned", "a [13] warned", "b [12] warned"):
        root.warning(message)
    assert capsys.readouterr().err == "podium: a [12] warned\npodium: b [12] warned\n"


@pytest.fixture(scope="module")
def report():
    return worded(analyse(read_study(REPORT[1])))


@pytest.mark.parametrize("columns", [0, *range(20, 101, 4)])
def test_no_figure_is_cut_on_a_narrow_terminal(columns, report, monkeypatch, capsys):
    printed = []
    for width in (columns, 300):
        monkeypatch.setenv("COLUMNS", str(width))
        print_report(report, details=True)
        printed.append(capsys.readouterr().out)
    narrow, wide = (Counter(figures(text.encode())) for text in printed)
    assert "…" not in printed[0]
    assert not wide - narrow


def test_the_matrix_of_a_check_is_not_cut_on_a_narrow_terminal(tmp_path):
    done = run((*CHECK, "--url", "http://127.0.0.1:9"), tmp_path, {"COLUMNS": "20"})
    assert "…" not in done.stdout.decode()
    assert "wsgi gunicorn: 1\n" in done.stdout.decode()


def test_a_pipe_gets_each_sentence_and_command_on_one_line(printed):
    lines = printed.decode().splitlines()
    assert max(map(len, lines)) > 80
    assert "To repeat it: podium compare --quick --seed 1 --study examples/study.study" in lines
    assert not [line for line in lines if line != line.rstrip()]


@pytest.mark.parametrize(
    ("arguments", "closed"),
    [
        (REPORT, "<&- >&- 2>&-"),
        pytest.param(LOAD, "<&- >&- 2>&-", marks=pytest.mark.long),
        (CHECK, "<&- >&- 2>&-"),
        (("stacks",), ">&-"),
        (("stacks",), "2>&-"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_closed_streams_change_no_exit_code(arguments, closed, tmp_path):
    line = f'exec "{sys.executable}" -m podium "$@" {closed}'
    done = subprocess.run(
        ["sh", "-c", line, "sh", *map(str, arguments)],
        cwd=tmp_path,
        capture_output=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("check", "--list"), marks=pytest.mark.long),
        ("check", "--help"),
        (*REPORT, "--json"),
    ],
    ids=lambda a: a[-1],
)
def test_a_pipe_that_closes_ends_the_command_quietly(arguments, tmp_path):
    """It is closed before anything is written to it."""
    reader, writer = os.pipe()
    os.close(reader)
    done = run(arguments, tmp_path, capture_output=False, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert done.returncode == 141
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr


def test_a_check_whose_progress_nobody_reads_ends_quietly_and_leaves_no_server(tmp_path):
    reader, writer = os.pipe()
    os.close(reader)
    own = {"PODIUM_CACHE_DIR": str(tmp_path / "cache")}
    done = run(CHECK, tmp_path, own, capture_output=False, stdout=writer, stderr=writer)
    os.close(writer)
    assert done.returncode == 141
    assert not [
        process
        for process in psutil.process_iter(["environ"])
        if (process.info["environ"] or {}).get("PODIUM_CACHE_DIR") in own.values()
    ]


def test_an_output_on_a_full_disk_is_one_sentence(tmp_path):
    with Path("/dev/full").open("w") as full:
        done = run(("stacks",), tmp_path, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (2, b"podium: No space left on device\n")


class Defective:
    """A watcher with a defect."""

    def begin(self, cases):
        raise ZeroDivisionError("by hand")

    def note(self, result):
        raise AssertionError("it has not begun")


def test_a_defect_in_a_callback_is_a_defect(monkeypatch, capsys):
    """Where pytest calls us too: it would take the error for one of its own."""

    def check(*_args, **_kwargs):
        run_suite([app_source("right")], [Defective()])

    monkeypatch.setattr(command.podium, "main", check)
    assert command.main([]) == 70
    assert "ZeroDivisionError: by hand" in capsys.readouterr().err


def ignored(process: psutil.Process) -> set[signal.Signals]:
    """The signals that a process ignores (proc(5))."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    mask = int(re.search(r"SigIgn:\s*(\w+)", status)[1], 16)
    return {number for number in (signal.SIGHUP, signal.SIGINT) if mask >> (number - 1) & 1}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows what a process ignores")
@pytest.mark.parametrize(
    "trap", [["HUP"], ["INT"], pytest.param([], marks=pytest.mark.long)], ids=str
)
def test_what_was_ignored_at_the_start_stays_so_in_podium_and_its_children(trap, port, tmp_path):
    line = f"trap '' {' '.join(trap)}; exec \"$@\"" if trap else 'exec "$@"'
    arguments = [sys.executable, "-m", "podium", "serve", "asgi", "--port", str(port)]
    with subprocess.Popen(
        ["sh", "-c", line, "sh", *arguments], stdout=subprocess.PIPE, text=True, cwd=tmp_path
    ) as served:
        try:
            assert "answers at" in served.stdout.readline()
            process = psutil.Process(served.pid)
            [keeper] = process.children()
            [server] = keeper.children()
            # Under nohup the tests themselves ignore what a shell then cannot take back.
            asked = {signal.Signals[f"SIG{name}"] for name in trap}
            asked |= ignored(psutil.Process()) & {signal.SIGHUP}
            assert ignored(process) == asked
            assert ignored(keeper) == asked | {signal.SIGINT}
            assert ignored(server) & {signal.SIGHUP} == asked & {signal.SIGHUP}
            for number in asked:
                process.send_signal(number)
                keeper.send_signal(number)
            process.send_signal(signal.SIGTERM)
            served.communicate(timeout=DEADLINE_S)
            assert served.returncode == 0
        finally:
            served.kill()
