"""`podium calibrate`, as a process."""

import json
import platform

import pytest

from tests.benchmarks.command import run

pytestmark = pytest.mark.early

MEASURED = {
    (operation, f"closed-{connections}")
    for operation in ("count", "letter_count", "predict")
    for connections in (1, 16, 64)
}


def test_ceilings_lag_and_noise_are_measured_and_kept_for_this_machine(tmp_path):
    done = run("calibrate", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert {(one["operation"], one["shape"]) for one in result["ceilings"]} == MEASURED
    assert all(one["requests_per_s"] > 0 for one in result["ceilings"])
    lag = result["lag"]
    assert 0 <= lag["lag_p50_us"] <= lag["lag_p99_us"] <= lag["lag_max_us"]
    assert result["noise"]["pair_deviation_ratio"] > 0
    (kept,) = tmp_path.glob("podium/*.json")
    assert platform.node() in kept.name
    assert json.loads(kept.read_text()) == result
    assert str(kept) in done.stderr
