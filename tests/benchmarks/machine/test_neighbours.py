"""Other measurements on this machine are seen while they run."""

import time

from benchmarks.engine.driver import EngineDriver
from benchmarks.machine.neighbours import other_measurements


def test_a_load_generator_is_seen_while_it_runs():
    with EngineDriver([]) as driver:
        (pid,) = driver.pids()
        deadline = time.monotonic() + 60
        while pid not in other_measurements() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert pid in other_measurements()
    assert pid not in other_measurements()
