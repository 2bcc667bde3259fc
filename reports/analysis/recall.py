"""Servers that remember answers: what they are measured at is not their work."""

from statistics import median

from reports.study.records import Study

# A new request costs this much more than one that was answered before, in each of several sets.
LEAST_MORE_RATIO = 0.1


def remembered_ratio(study: Study, label: str, operation: str) -> float | None:
    """Return the CPU time of a new request over that of a repeated one; None for an honest server.

    What is new is up to some per cent more work in any server, whose caches are of use too.
    """
    found = (one for one in study.recalls if (one.label, one.operation) == (label, operation))
    ratios = next(found, None)
    if ratios is None or not ratios.cpu_ratios or min(ratios.cpu_ratios) <= 1 + LEAST_MORE_RATIO:
        return None
    return median(ratios.cpu_ratios)
