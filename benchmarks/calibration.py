"""The generator's ceilings on this machine and the machine's noise, kept in a cache.

Ceilings are closed loops against a server that does next to nothing, start lag is that of an open
loop against it. Noise is measured by alternate slices against two names of that one server, which
differ in nothing else.
"""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import log
from pathlib import Path
from statistics import stdev
from typing import Any

from benchmarks.driver import LoadDriver, SliceOrder, Target
from benchmarks.engine.driver import EngineDriver
from benchmarks.machine.cores import CoreSplit, usable_cores
from benchmarks.machine.noise import canary_ns, noise_between, read_noise
from benchmarks.study.ceiling import NULL, measure_ceiling, null_server
from benchmarks.study.run_context import timestamp
from benchmarks.workload.workload import Workload
from reports.analysis.generator_trouble import troubles
from reports.analysis.reasons import GeneratorLimited
from reports.study.histogram import Histogram
from reports.study.records import Ceiling, MachineNoise, Shape
from shared.places import cache_directory

CONNECTIONS = (1, 16, 64)
PAIRS = 15
PAIR_SLICE_S = 0.2
LAG_SHAPE = Shape(16, 1000.0)
LAG_S = 2.0
TWIN = "null twin"


@dataclass(frozen=True)
class Lag:
    """The start lag of an open loop here, in microseconds."""

    rate_per_s: float
    lag_p50_us: int | None
    lag_p99_us: int | None
    lag_max_us: int | None


@dataclass(frozen=True, kw_only=True)
class CalibratedNoise(MachineNoise):
    """The machine's noise, as shares of a core's time.

    `pair_deviation_ratio` is the standard deviation of the ratio of two neighbouring slices
    against one and the same server, `canary_ratio` how much slower the slowest run of a fixed busy
    loop was than the fastest.
    """

    pair_deviation_ratio: float
    canary_ratio: float


@dataclass(frozen=True)
class Calibration:
    """The findings of `podium calibrate`, with machine and time."""

    machine: str
    measured_at: str
    driver: str
    ceilings: tuple[Ceiling, ...]
    lag: Lag
    noise: CalibratedNoise

    @property
    def trouble(self) -> GeneratorLimited | None:
        """What kept the generator from its ceilings while they were measured, if anything did."""
        found = troubles(
            throttled_ratio=self.noise.throttled_ratio,
            core_taken_ratio=self.noise.run_queue_delay_ratio,
            paused_ratio=None,
            failures={},
        )
        return next(found, None)

    def ceiling(self, operation: str, connections: int) -> Ceiling | None:
        """The ceiling of a closed loop, where it was measured, and without trouble."""
        if self.trouble is not None:
            return None
        key = (operation, Shape(connections).name)
        return next((one for one in self.ceilings if (one.operation, one.shape) == key), None)


def calibrate(workloads: Sequence[Workload], cores: CoreSplit) -> Calibration:
    """Measure ceilings, start lag and noise, for some seconds."""
    with (
        EngineDriver(workloads, cores.generator) as driver,
        null_server(workloads, cores.servers) as service,
    ):
        driver.open([Target(NULL, service.url), Target(TWIN, service.url)])
        found = [
            measure_ceiling(driver, workload.operation, Shape(connections), workload.rows)
            for workload in workloads
            for connections in CONNECTIONS
        ]
        return Calibration(
            machine=platform.node(),
            measured_at=timestamp(),
            driver=driver.name,
            ceilings=tuple(ceiling for ceiling in found if ceiling is not None),
            lag=_measure_lag(driver, workloads[0]),
            noise=_measure_noise(driver, workloads[0], cores, service.pid),
        )


def calibration_path() -> Path:
    """Return the file of this machine's calibration, in podium's cache directory."""
    return cache_directory() / f"calibration-{platform.node() or 'here'}.json"


def store_calibration(calibration: Calibration) -> Path:
    """Write the calibration in the place of an earlier one; return its file."""
    path = calibration_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.write_text(json.dumps(asdict(calibration), indent=2) + "\n", encoding="utf-8")
    unfinished.replace(path)
    return path


def stored_calibration() -> Calibration | None:
    """The one that was kept; `None` without one that can be read."""
    try:
        kept: dict[str, Any] = json.loads(calibration_path().read_text(encoding="utf-8"))
        parts = {
            "ceilings": tuple(Ceiling(**one) for one in kept["ceilings"]),
            "lag": Lag(**kept["lag"]),
            "noise": CalibratedNoise(**kept["noise"]),
        }
        return Calibration(**{**kept, **parts})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _measure_lag(driver: LoadDriver, workload: Workload) -> Lag:
    order = SliceOrder(NULL, workload.operation, LAG_SHAPE, LAG_S, workload.rows, seed=0)
    lags = Histogram.decode(driver.run(order).lag_histogram or Histogram().encode())
    rate = LAG_SHAPE.rate_per_s or 0.0
    return Lag(rate, lags.percentile_us(0.5), lags.percentile_us(0.99), lags.max_us)


def _measure_noise(
    driver: LoadDriver, workload: Workload, cores: CoreSplit, server_pid: int
) -> CalibratedNoise:
    both = (cores.servers or frozenset()) | (cores.generator or frozenset())
    used = both or usable_cores()
    own = [os.getpid(), server_pid, *driver.pids()]
    before = read_noise(used, own, driver.pids())
    log_ratios, canaries = [], []
    for pair in range(PAIRS):
        canaries.append(canary_ns(cores.servers))
        # Each goes first in turn.
        labels = (NULL, TWIN) if pair % 2 == 0 else (TWIN, NULL)
        rates = {}
        for label in labels:
            shape = Shape(LAG_SHAPE.connections)
            order = SliceOrder(
                label, workload.operation, shape, PAIR_SLICE_S, workload.rows, seed=pair
            )
            outcome = driver.run(order)
            rates[label] = outcome.answered / outcome.duration_s
        log_ratios.append(log(rates[NULL] / rates[TWIN]))
    noise = noise_between(before, read_noise(used, own, driver.pids()), len(used))
    return CalibratedNoise(
        pair_deviation_ratio=stdev(log_ratios),
        canary_ratio=max(canaries) / min(canaries) - 1,
        **vars(noise),
    )
