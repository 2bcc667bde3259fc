"""Trouble of the load generator itself: a shared quota, a core taken, no ports.

The figures then show it and not the stack: rates are lower bounds and times upper ones. It is
judged without looking at what was measured.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import fsum

from reports.analysis.reasons import GeneratorLimited
from reports.study.records import GENERATOR_FAILURES, Round, Slice

MOST_THROTTLED_RATIO = 0.01  # of the time, stopped by a quota
MOST_CORE_TAKEN_RATIO = 0.10  # of the time, waiting for its own core
MOST_PAUSED_RATIO = 0.05  # of the time, not running for any other reason


def troubles(
    *,
    throttled_ratio: float | None,
    core_taken_ratio: float | None,
    paused_ratio: float | None,
    failures: Mapping[str, int],
    quota_cores: float | None = None,
) -> Iterator[GeneratorLimited]:
    """Yield the troubles that these shares of time and failures by kind show.

    A quota that stops the generator, or a core that is taken, pauses it too: that is said once,
    unless it was paused for longer.
    """
    taken = core_taken_ratio or 0.0
    taken = taken if taken > MOST_CORE_TAKEN_RATIO else 0.0
    if throttled_ratio is not None and throttled_ratio > MOST_THROTTLED_RATIO:
        yield GeneratorLimited("quota", throttled_ratio, MOST_THROTTLED_RATIO, quota_cores)
    else:
        if paused_ratio is not None and paused_ratio - taken > MOST_PAUSED_RATIO:
            yield GeneratorLimited("paused", paused_ratio, MOST_PAUSED_RATIO)
        if taken:
            yield GeneratorLimited("core_taken", taken, MOST_CORE_TAKEN_RATIO)
    for kind in GENERATOR_FAILURES:
        if failures.get(kind):
            yield GeneratorLimited(kind, failures[kind], 0)


def round_trouble(
    round_: Round, slices: Sequence[Slice], machine: Mapping[str, object]
) -> GeneratorLimited | None:
    """Return the generator's first trouble in a round; None if it had none.

    `machine` : the facts of the study's machine. Where it has one core for all, a server takes the
    generator's core by its own work.
    """
    shared = machine.get("disjoint_cores") is False
    quota = machine.get("cpu_quota_cores")
    found = troubles(
        throttled_ratio=round_.throttled_ratio,
        core_taken_ratio=None if shared else round_.run_queue_delay_ratio,
        paused_ratio=paused_ratio(slices),
        failures={
            kind: sum(slice_.failures.get(kind, 0) for slice_ in slices)
            for kind in GENERATOR_FAILURES
        },
        quota_cores=quota if isinstance(quota, int | float) else None,
    )
    return next(found, None)


def paused_ratio(slices: Sequence[Slice]) -> float | None:
    """Return the share of the slices' time for which the generator was paused."""
    known = [slice_ for slice_ in slices if slice_.paused_s is not None and slice_.duration_s > 0]
    if not known:
        return None
    return fsum(s.paused_s or 0.0 for s in known) / fsum(s.duration_s for s in known)
