"""Options that contradict, would be ignored, or are out of range are refused before any work."""

import re
import threading

import click
import pytest

from benchmarks.errors import BenchmarksError
from contract_tests.errors import ContractTestsError
from implementations.errors import ImplementationsError
from podium.__main__ import main, podium
from podium.commands import options
from shared.errors import SharedError

NOWHERE = "http://127.0.0.1:1"
REFUSALS = (
    click.ClickException,
    BenchmarksError,
    ContractTestsError,
    ImplementationsError,
    SharedError,
)

CONTRADICTIONS = [
    ("load", "Name a STACK"),
    (f"load flask --url {NOWHERE}", "Name a STACK"),
    (f"load --url {NOWHERE} --workers 2", "--workers is for a STACK"),
    (f"load --url {NOWHERE} --entry .", "--entry is for a STACK"),
    ("load flask --header X:y", "--header is for a backend at a --url"),
    ("load flask --sample FILE", "--sample is for a backend at a --url"),
    ("load flask --operation count --rows 2", "--rows is for predict; count has no rows"),
    ("load flask --arrivals even", "give its --rate"),
    ("load flask:gunicorn:2 --workers 3", "differ; give one of the two"),
    ("compare --quick --thorough", "--thorough and --quick contradict"),
    ("compare --quick --late-after 10ms", "--late-after is for open loops"),
    ("compare --until-decided --blocks 8", "--blocks and --until-decided contradict"),
    ("compare --until-decided --time 4m", "--time and --until-decided contradict"),
    ("compare --until-decided --gate 5%", "--gate and --until-decided contradict"),
    ("compare --blocks 8 --time 4m", "--blocks and --time contradict"),
    ("compare --time 5s", "A verdict needs 4 blocks"),
    ("compare --gate 5%", "there are 4 here"),
    ("compare flask --gate 5%", "there are 1 here"),
    ("compare flask --python 3.13", "--python is for stacks with a version"),
    ("compare --at-most 30m", "--at-most is for --until-decided"),
    ("compare --operations count --rows 2", "--rows is for predict"),
    ("compare flask falcon:gunicorn:2 --workers 3", "differ; give one of the two"),
    ("serve flask:gunicorn:2 --workers 3", "differ; give one of the two"),
    ("serve flask --redis-url redis://localhost", "--redis-url is where"),
    ("check flask --prefix /v1", "--prefix needs --url"),
    ("check flask --timeout 3", "--timeout needs --url"),
    (f"check --url {NOWHERE} --insecure", "--insecure needs a --url that begins with https://"),
    (
        "check --url https://x --insecure --ca-file FILE",
        "--ca-file and --insecure contradict",
    ),
    ("check flask --list", "STACK has no effect on --list"),
    ("check --list --compare FILE FILE", "--compare has no effect on --list"),
    ("check --compare FILE FILE --section http", "--section has no effect"),
    ("fuzz flask falcon --header X:y", "--header is for a backend at a --url"),
    (f"fuzz flask --url {NOWHERE} --sample FILE", "STACK serves another model"),
]
OUT_OF_RANGE = [
    (f"{command} {option} {value}", option)
    for command, option, values in (
        ("load flask", "--duration", ("nan", "inf", "1e400", "0", "-1", "1e9", "x")),
        ("load flask", "--rate", ("nan", "inf", "-1", "0", "1e9", "1e15", "1e-3")),
        ("load flask --rate 10", "--connections", ("0", "1025")),
        ("load flask", "--connections", ("0", "1e3", "1000000")),
        ("load flask", "--rows", ("0", "1025")),
        ("load flask", "--workers", ("0", "99999")),
        ("serve flask", "--workers", ("0", "99999")),
        ("serve flask", "--port", ("-1", "65536", "x")),
        ("compare", "--blocks", ("1", "1000000000")),
        ("compare", "--workers", ("0", "99999")),
        ("compare", "--seed", ("-1",)),
        ("compare", "--late-after", ("0ms", "10", "ms", "-1ms", "60s", "nan")),
        ("compare", "--margin", ("0", "51", "nan", "x")),
        ("compare --until-decided", "--at-most", ("0m", "30", "30s", "-1m", "168h", "nan")),
        ("compare flask falcon", "--gate", ("0", "51%", "%", "nan", "x")),
        ("compare", "--time", ("0s", "240", "-1m", "168h", "nan")),
        (f"check --url {NOWHERE}", "--timeout", ("0", "nan", "inf")),
        ("fuzz flask falcon", "--requests", ("0", "1e3")),
    )
    for value in values
]
MISSPELT = [
    ("compere", "did you mean compare"),
    ("serve flsk", "did you mean flask"),
    ("serve flask:gunicron", "did you mean flask:gunicorn"),
    ("serve flask:uvicorn", "flask:gunicorn and flask:granian would do"),
    ("serve flask:gunicorn:99999", "is the most"),
    ("serve flask@latest", "no stack 'flask@latest'"),
    ("serve wsgi@3.0", "wsgi has no framework"),
    ("compare --operations predct", "did you mean predict"),
    ("load flask --operation predct", "'predict'"),
    ("load flask --rat 5", "--rate"),
    ("check --section jsn_in", "did you mean json_in"),
    ("check --list --case 4.2.x", "podium check --list"),
    ("schema lode", "'load'"),
]
ADDRESSES = [
    (f"{command} --url {url}", says)
    for command in ("load", "check", "fuzz flask")
    for url, says in (
        ("http://user:hush-hush@127.0.0.1:1", "--header"),
        ("http://hush-hush@127.0.0.1:1", "--header"),
        ("http://127.0.0.1:1/?key=hush-hush", "is no address"),
        ("http://127.0.0.1:1/#hush", "is no address"),
        ("ftp://127.0.0.1", "is no address"),
    )
] + [("load --url https://127.0.0.1", "asks for TLS")]


def words(line: str) -> list[str]:
    """The arguments in a line; FILE stands for a file that is there."""
    return [__file__ if word == "FILE" else word for word in line.split(" ")]


@pytest.mark.parametrize(
    ("line", "says"), [*CONTRADICTIONS, *OUT_OF_RANGE, *MISSPELT, *ADDRESSES], ids=lambda text: text
)
def test_it_is_refused_in_a_sentence_before_anything_is_started(line, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("subprocess.Popen", None)
    with pytest.raises(REFUSALS) as refused:
        podium.main(words(line), prog_name="podium", standalone_mode=False)
    told = refused.value.format_message() if isinstance(refused.value, click.ClickException) else ""
    told = told or str(refused.value)
    assert says in told
    assert "user:hush" not in told
    assert "hush-hush@" not in told
    assert "\n" not in told
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "line",
    [
        "report .",
        "report /dev/null",
        "resume .",
        "compare --study .",
        "compare --study ",
        "verify .",
        "verify /dev/null",
        "bundle .",
        "bundle /",
        "export . --format csv",
    ],
)
def test_what_can_be_no_study_is_refused(line, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(line.split(" ")) == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "says"),
    [("load flask --rows abc", "'abc' is not a valid integer"),
     ("load flask --rate abc", "'abc' is not a valid number")],
)  # fmt: skip
def test_what_is_no_number_is_told_in_plain_words(line, says):
    with pytest.raises(click.UsageError) as refused:
        podium.main(words(line), prog_name="podium", standalone_mode=False)
    assert refused.value.message == f"{says}."


def options_of(command):
    found = podium.get_command(None, command)
    return {option for parameter in found.params for option in parameter.opts}


@pytest.mark.parametrize("command", ["stacks", "serve", "load", "compare", "check", "fuzz"])
def test_every_command_that_takes_stacks_takes_an_entry_of_ones_own(command):
    assert "--entry" in options_of(command)


@pytest.mark.parametrize("command", ["load", "check", "fuzz"])
def test_every_command_that_takes_a_url_takes_header_fields_and_a_sample(command):
    assert {"--url", "--header", "--sample"} <= options_of(command)


def test_the_help_of_check_lists_the_sections():
    text = podium.get_command(None, "check").get_help(click.Context(podium))
    assert re.search(r"operations,\s+counter,\s+guard", text)


@pytest.mark.parametrize("slow", [True, False])
def test_what_is_slow_says_what_it_is_doing_and_what_is_quick_does_not(slow, monkeypatch):
    done = threading.Event()
    told = []

    def note(text):
        told.append(text)
        done.set()

    monkeypatch.setattr(options, "say", note)
    monkeypatch.setattr(options, "SLOW_S", 0.01 if slow else 600.0)
    with options.said_if_slow("making the report"):
        assert done.wait(60 if slow else 0) == slow
    assert told == ["making the report"] * slow


def test_another_measurement_on_the_machine_is_named(monkeypatch, capsys):
    monkeypatch.setattr(options, "other_measurements", lambda: (41, 42))
    options.say_who_else_measures()
    assert "another podium measures on this machine (process 41, 42)" in capsys.readouterr().err
