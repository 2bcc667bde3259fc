"""What about this machine stands in a measurement's way, looked for before it starts."""

import os
import time
from dataclasses import dataclass
from typing import Literal

from benchmarks.machine.control_group import cpu_quota_cores
from benchmarks.machine.cores import CoreSplit, usable_cores
from benchmarks.machine.environment import frequency_governor
from benchmarks.machine.noise import noise_between, read_noise

WATCHED_S = 0.5
MOST_OTHER_CPU_RATIO = 0.05
# Those that hold a core at one frequency, whatever its load.
STEADY_GOVERNORS = ("performance", "userspace")

ObstacleKind = Literal["busy", "shared_core", "quota", "frequency"]


@dataclass(frozen=True)
class Obstacle:
    """One obstacle.

    `busy` : other programs used the share `measured` of the cores' time. `shared_core` : server and
    generator have one core between them. `quota` : a control group may use `measured` cores only.
    `frequency` : the governor `name` lets a core's frequency follow its load.
    """

    kind: ObstacleKind
    measured: float | None = None
    name: str | None = None


def find_obstacles(cores: CoreSplit) -> tuple[Obstacle, ...]:
    """Return the obstacles to a measurement on these cores; it watches them for half a second."""
    found = []
    used = (cores.servers or frozenset()) | (cores.generator or frozenset()) or usable_cores()
    if cores.servers is not None and not cores.disjoint:
        found.append(Obstacle("shared_core"))
    quota = cpu_quota_cores()
    if quota is not None and quota < len(used):
        found.append(Obstacle("quota", measured=quota))
    governor = frequency_governor()
    if governor is not None and governor not in STEADY_GOVERNORS:
        found.append(Obstacle("frequency", name=governor))
    before = read_noise(used, [os.getpid()], ())
    time.sleep(WATCHED_S)  # the time over which the cores are watched
    noise = noise_between(before, read_noise(used, [os.getpid()], ()), len(used))
    if noise.other_cpu_ratio is not None and noise.other_cpu_ratio > MOST_OTHER_CPU_RATIO:
        found.append(Obstacle("busy", measured=noise.other_cpu_ratio))
    return tuple(found)
