"""What a server prints: the end of it is kept, and it cannot fill what it is kept in."""

import subprocess
import sys
import time
from pathlib import Path

from implementations.launching import keeper

DEADLINE_S = 60
MEGABYTES = 5
PROGRAM = f"""
import sys, time
for number in range({MEGABYTES} * 1024):
    print("x" * 1023, flush=True)
print("the last line", flush=True)
sys.stderr.write(sys.stdin.read())
time.sleep(600)
"""


def keep(tmp_path: Path, program: str) -> "subprocess.Popen[bytes]":
    """A keeper of a Python program, with its log in `tmp_path`."""
    (tmp_path / "run").mkdir()
    (tmp_path / "log").touch()
    arguments = ["10", "", tmp_path / "run", tmp_path / "log", sys.executable, "-c", program]
    return subprocess.Popen(
        [sys.executable, "-I", "-S", keeper.__file__, *map(str, arguments)],
        stdin=subprocess.PIPE,
        start_new_session=True,
    )


def test_a_server_that_prints_without_end_keeps_a_log_of_bounded_size(tmp_path):
    log = tmp_path / "log"
    with keep(tmp_path, PROGRAM) as process:
        sizes, deadline = [], time.monotonic() + DEADLINE_S
        while not log.read_bytes().endswith(b"the last line\n"):
            sizes.append(log.stat().st_size)
            assert time.monotonic() < deadline
        process.stdin.write(keeper.KILL)
        process.stdin.close()
        assert process.wait(DEADLINE_S) == 137
    assert max(sizes) <= 2 * keeper.LOG_BYTES < MEGABYTES * 1024 * 1024
    assert keeper.LOG_BYTES // 2 <= log.stat().st_size <= keeper.LOG_BYTES


def test_what_a_server_printed_before_its_end_is_kept(tmp_path):
    with keep(tmp_path, "print('a' * 100_000); raise SystemExit('why')") as process:
        assert process.wait(DEADLINE_S) == 1
    assert sorted((tmp_path / "log").read_text().splitlines()) == ["a" * 100_000, "why"]
