"""The commands behind make targets end with a status and a sentence, whatever ends them."""

import signal
import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ("def main(): return 1", 1, ""),
        ("def main(): raise KeyboardInterrupt", 130, "podium: interrupted\n"),
        ("raise KeyboardInterrupt", 130, "podium: interrupted\n"),
        (
            "from benchmarks.errors import BenchmarksError\n"
            "def main(): raise BenchmarksError('The core melted.')",
            2,
            "podium: The core melted.\n",
        ),
    ],
    ids=["missed", "interrupted", "interrupted-in-its-imports", "failed"],
)
def test_a_command_exits_with_a_status_and_a_sentence(tmp_path, body, status, said):
    (tmp_path / "planted_command.py").write_text(body)
    done = subprocess.run(
        [
            *(sys.executable, "-c"),
            "import sys; sys.path.append(sys.argv[1])\n"
            "from benchmarks.side_command import run; run('planted_command')",
            tmp_path,
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (status, said)


@pytest.mark.parametrize(
    "module",
    [
        "benchmarks.conformity",
        "benchmarks.generators.bench",
        "benchmarks.model_calls",
        "benchmarks.peers",
    ],
)
def test_help_shows_an_example(module):
    done = subprocess.run(
        [sys.executable, "-m", module, "--help"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "example: make bench-" in done.stdout


@pytest.mark.long
def test_an_interrupted_bench_stops_its_generators():
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.generators.bench"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as bench:
        assert any("round 2 of 12" in line for line in bench.stderr)
        bench.send_signal(signal.SIGINT)
        _, said = bench.communicate(timeout=60)
    assert bench.returncode == 130
    assert said.endswith("podium: interrupted\n")
    assert "Traceback" not in said
