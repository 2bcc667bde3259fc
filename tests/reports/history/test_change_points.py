"""Change points by Apache Otava itself, in series whose steps are known."""

import os
import subprocess
import sys

import numpy as np
import pytest

from reports.history.change_points import find_change_points, otava

STUDIES = 30
WITH_STEP, WITHOUT = 90, 600
NOISE_SD = 0.01  # of a ratio, from study to study
STEP = 1.05
MARGIN = 0.03


@pytest.fixture(scope="module")
def with_otava(tmp_path_factory):
    """Otava on the PATH: where it is not installed, in an environment of its own."""
    with pytest.MonkeyPatch.context() as patch:
        if otava() is None:
            place = tmp_path_factory.mktemp("otava")
            for command in (
                (sys.executable, "-m", "venv", str(place)),
                (str(place / "bin" / "pip"), "install", "--quiet", "apache-otava"),
            ):
                subprocess.run(command, check=True, capture_output=True, timeout=600)
            patch.setenv("PATH", f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}")
        yield


def series(rng, step_at=None):
    values = np.exp(rng.normal(0, NOISE_SD, STUDIES))
    if step_at is not None:
        values[step_at:] *= STEP ** rng.choice([-1, 1])
    return values.tolist()


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.usefixtures("with_otava")
def test_a_step_of_5_percent_is_found_at_its_study_and_none_where_there_is_none():
    """In 27 of 30 series with a step, and in at most 10 of 200 without; of three times as many."""
    rng = np.random.default_rng(1)
    steps = [int(step) for step in rng.integers(5, STUDIES - 4, WITH_STEP)]
    made = [series(rng, step) for step in steps] + [series(rng) for _ in range(WITHOUT)]
    found = find_change_points(made, MARGIN)
    with_step, without = found[: len(steps)], found[len(steps) :]
    exact = sum(
        [one.study for one in each] == [at] for each, at in zip(with_step, steps, strict=True)
    )
    near = sum(
        len(each) == 1 and abs(each[0].study - at) == 1
        for each, at in zip(with_step, steps, strict=True)
    )
    assert exact >= WITH_STEP * 27 / 30, f"{exact} at the study itself, {near} at one beside it"
    assert sum(map(bool, without)) <= WITHOUT * 10 / 200
