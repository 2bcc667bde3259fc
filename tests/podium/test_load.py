"""`podium load`, as a process."""

import json
import platform
import re
import signal
import time
from dataclasses import asdict
from pathlib import Path

import click
import jsonschema
import pytest
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader

from benchmarks.calibration import CalibratedNoise, Calibration, Lag
from podium.__main__ import podium
from reports.load.result import schema_text
from reports.study.histogram import Histogram
from reports.study.records import Ceiling
from tests.benchmarks.command import is_one_sentence, run, start
from tests.benchmarks.miniature import Miniature, response, wrong_once_in

SCHEMA = Path(__file__).parents[2] / "reports" / "load" / "load.schema.json"


def test_the_published_schema_is_that_of_the_result():
    """`podium schema load > reports/load/load.schema.json` writes it."""
    assert SCHEMA.read_text() == schema_text()


SECRET = "let-me-in-4711"


def misspell(connection, number, answer):
    connection.sendall(answer.replace(b"letter_c", b"letter_k"))


def load(*arguments, cwd, environment=None):
    return run(
        "load",
        *("--duration", "0.5", "--connections", "4"),
        *arguments,
        cwd=cwd,
        environment=environment,
    )


@pytest.mark.parametrize("operation", ["count", "letter_count", "predict"])
def test_a_right_backend_at_a_url_ends_with_0_and_figures_with_their_units(operation, tmp_path):
    with Miniature().running() as miniature:
        done = load("--url", miniature.url, "--operation", operation, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    jsonschema.validate(result, json.loads(SCHEMA.read_text()))
    assert miniature.asked >= result["answered"] + 4  # each connection answers once, untimed
    assert result["requests_per_s"] == pytest.approx(result["answered"] / result["duration_s"])
    assert result["failures"] == {}
    assert (result["operation"], result["connections"], result["rows"]) == (operation, 4, 1)
    # A generator that was paused shows no longest time.
    longest_us = result["response_max_us"] or 59_999_999
    assert 0 < result["response_p50_us"] <= longest_us < 60_000_000


def test_a_backend_that_is_wrong_now_and_then_ends_with_1_and_an_example(tmp_path):
    with Miniature(wrong_once_in(100, misspell)).running() as miniature:
        done = load("--url", miniature.url, "--operation", "letter_count", cwd=tmp_path)
    assert done.returncode == 1
    wrong = next(line for line in done.stdout.splitlines() if "wrong_content" in line)
    assert f" {miniature.asked // 100:,} " in wrong
    assert "letter_kount" in wrong


def test_a_prediction_that_contradicts_others_is_wrong_whatever_the_model(tmp_path):
    def swap(connection, number, answer):
        content = answer.partition(b"\r\n\r\n")[2]
        names = {b"short": b"long", b"long": b"short"}
        name = next(name for name in names if b'"' + name + b'"' in content)
        connection.sendall(response(content.replace(name, names[name])))

    with Miniature(wrong_once_in(100, swap)).running() as miniature:
        done = load("--url", miniature.url, "--json", cwd=tmp_path)
    assert done.returncode == 1
    assert json.loads(done.stdout)["failures"] == {"wrong_content": miniature.asked // 100}


class Keyed(Miniature):
    """Answers whoever has the key, and repeats a wrong answer's request as a debugging page may."""

    def serve(self, connection):
        super().serve(Admitting(connection))


class Admitting:
    """A connection whose first bytes must bring the key."""

    def __init__(self, connection):
        self._connection = connection

    def recv(self, most):
        data = self._connection.recv(most)
        if data and b"\r\nX-Key: " + SECRET.encode() + b"\r\n" not in data:
            self._connection.sendall(response(b"{}", "401 Unauthorized"))
            return b""
        return data

    def __getattr__(self, name):
        return getattr(self._connection, name)


def echo_key(connection, number, answer):
    connection.sendall(response(f'{{"key":"{SECRET}"}}'.encode()))


def sample_file(folder, rows, predictions=None):
    path = folder / "sample.json"
    path.write_text(json.dumps({"rows": rows, "predictions": predictions}))
    return path


@pytest.mark.parametrize("given", ["on the line", "in a file"])
def test_a_guarded_backend_is_loaded_with_its_header_field(given, tmp_path):
    """And the value is shown nowhere, though the backend gives it back."""
    (tmp_path / "fields").write_text(f"X-Key: {SECRET}\n")
    field = f"X-Key: {SECRET}" if given == "on the line" else "@fields"
    with Keyed(wrong_once_in(100, echo_key)).running() as miniature:
        done = load("--url", miniature.url, "--operation", "count", "--header", field, cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "unauthorized" not in done.stdout.lower()
    assert "wrong_content" in done.stdout
    assert "wrong_status" not in done.stdout
    assert SECRET not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("predictions", "status"), [(None, 0), (["long", "short"], 0), (["short", "long"], 1)]
)
def test_a_model_of_ones_own_is_asked_the_rows_of_its_sample(predictions, status, tmp_path):
    """Six values a row, which no iris has, and answers held to its predictions where known."""
    rows = [[0.5, 1, 4.5, 2, 9, 9], [0.5, 1, 1.5, 2, 9, 9]]
    asked = set()

    class Wide(Miniature):
        def answer(self, method, path, content):
            asked.update(map(tuple, json.loads(content)["instances"]))
            return super().answer(method, path, content)

    with Wide().running() as miniature:
        path = sample_file(tmp_path, rows, predictions)
        done = load("--url", miniature.url, "--rows", "3", "--sample", path, cwd=tmp_path)
    assert done.returncode == status, done.stdout + done.stderr
    assert asked == set(map(tuple, rows))
    assert ("wrong_content" in done.stdout) == bool(status)


def test_ctrl_c_ends_a_run_with_its_figures_so_far(tmp_path):
    """They are those of the requests that were made, also in the log."""
    arguments = ("--url", "URL", "--operation", "count", "--duration", "600", "--hdr", "t.hlog")
    with Miniature().running() as miniature:
        process = start(
            "load", *(miniature.url if one == "URL" else one for one in arguments), cwd=tmp_path
        )
        deadline = time.monotonic() + 60
        while miniature.asked < 1000 and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    assert stderr.endswith("podium: interrupted\n")
    assert "Traceback" not in stderr
    (answered,) = re.findall(r"^  answered +([0-9,]+)$", stdout, re.MULTILINE)
    # The first of those that were asked are untimed, and on a busy machine they are many.
    assert 0 < int(answered.replace(",", "")) <= miniature.asked
    assert "Histogram log" in (tmp_path / "t.hlog").read_text()


def test_a_run_without_an_answer_shows_no_times_and_one_with_few_says_how_many_it_takes(tmp_path):
    def refuse(connection, number, answer):
        connection.sendall(response(b"{}", "500 Internal Server Error"))

    with Miniature(refuse).running() as miniature:
        none = load("--url", miniature.url, "--seed", "7", cwd=tmp_path)
    assert "p50" not in none.stdout
    assert ", rows of a request 1, seed 7" in none.stdout
    with Miniature().running() as miniature:
        few = load("--url", miniature.url, "--rate", "100", cwd=tmp_path)
    assert re.search(r"p99 +known from 5,000 answers", few.stdout)


def test_a_stack_is_launched_loaded_and_held_to_our_models_answers(tmp_path):
    done = load("asgi:uvicorn", "--rows", "3", "--hdr", "times.hlog", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["target"], result["rows"]) == ("asgi:uvicorn", 3)
    assert "Histogram log format version 1.2" in (tmp_path / "times.hlog").read_text()


@pytest.mark.parametrize("arrivals", ["poisson", "even"])
def test_an_open_loop_sends_what_is_due_and_tells_response_service_and_lag(arrivals, tmp_path):
    with Miniature().running() as miniature:
        done = load(
            *("--url", miniature.url, "--rate", "200", "--arrivals", arrivals),
            *("--hdr", "times.hlog", "--json"),
            cwd=tmp_path,
        )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["due"] == result["answered"] > 50
    assert result["unsent"] == 0
    assert arrivals != "even" or result["due"] == pytest.approx(100, abs=1)
    assert (result["shape"], result["rate_per_s"]) == ("open-200", 200.0)
    response, service, lag = (
        Histogram.decode(result[name])
        for name in ("histogram", "service_histogram", "lag_histogram")
    )
    assert response.total == service.total == lag.total == result["answered"]
    reader = HistogramLogReader(str(tmp_path / "times.hlog"), HdrHistogram(1, 60_000_000, 3))
    assert reader.get_next_interval_histogram().get_total_count() == result["answered"]
    reader.close()


def test_where_the_generator_was_the_limit_is_said_first(tmp_path):
    ceiling = Ceiling("count", "closed-4", 1.0)
    lag, noise = Lag(1000.0, 1, 2, 3), CalibratedNoise(pair_deviation_ratio=0.01, canary_ratio=0.1)
    known = Calibration(platform.node(), "2026-01-31", "engine", (ceiling,), lag, noise)
    place = tmp_path / "podium" / f"calibration-{platform.node()}.json"
    place.parent.mkdir()
    place.write_text(json.dumps(asdict(known)))
    with Miniature().running() as miniature:
        done = load(
            *("--url", miniature.url, "--operation", "count"),
            cwd=tmp_path,
            environment={"XDG_CACHE_HOME": str(tmp_path), "PODIUM_CACHE_DIR": ""},
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("The load generator was the limit")


def test_a_log_that_cannot_be_written_is_found_out_before_the_run(tmp_path):
    """Nothing is launched, and no file is left."""
    done = load("wsgi", "--operation", "count", "--hdr", "no/such/folder/t.hlog", cwd=tmp_path)
    assert done.returncode == 2
    assert is_one_sentence(done.stderr), done.stderr
    assert "no/such/folder/t.hlog" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--url", "http://no.such.host.invalid:1", "--operation", "count"], "mend the URL"),
        (["--url", "http://127.0.0.1:1", "--operation", "count"], "mend the URL"),
        (["flusk"], "no stack 'flusk'"),
    ],
)
def test_what_cannot_be_run_ends_with_2_and_one_sentence(arguments, says, tmp_path):
    done = load(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert says in done.stderr
    assert is_one_sentence(done.stderr), done.stderr


def test_a_target_that_is_unclear_ends_with_2_and_the_usage(tmp_path):
    done = load(cwd=tmp_path)
    assert done.returncode == 2
    assert "Usage: podium load" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["flask", "--url", "http://x"],
        ["--url", "https://127.0.0.1:1"],
        ["flask", "--arrivals", "even"],
        ["flask", "--rate", "0"],
        ["flask", "--rate", "nan"],
        ["flask", "--rate", "inf"],
        ["flask", "--rate", "1e9"],
        ["flask", "--duration", "nan"],
        ["flask", "--duration", "inf"],
        ["flask", "--duration", "1e400"],
    ],
)
def test_options_that_do_not_fit_are_refused(arguments):
    with pytest.raises(click.UsageError):
        podium.main(["load", *arguments], standalone_mode=False)
