"""Other measurements of podium's on this machine, which this one and they would disturb."""

import psutil

GENERATOR = "benchmarks.engine.process"


def other_measurements() -> tuple[int, ...]:
    """Return the process ids of load generators that run here now, sorted."""
    found = [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if GENERATOR in (process.info["cmdline"] or ())
    ]
    return tuple(sorted(found))
