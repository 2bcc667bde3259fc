"""Which percentiles may be shown."""

from reports.analysis.trials import Cell
from reports.wording.formats import time_us

LEAST_BEYOND = 50
LEAST_SLICES = 20
LEAST_BLOCKS = 4
MOST_LAG_RATIO = 0.1
NEEDED = (
    f"it needs {LEAST_BEYOND} answers beyond it, from {LEAST_SLICES} slices in "
    f"{LEAST_BLOCKS} blocks"
)


def why_not_shown(cell: Cell, label: str, quantile: float) -> str | None:
    """Why too little is behind a response time percentile, as a clause; None if it is enough.

    In the open loop requests must also have started on time, up to a tenth of that percentile.
    """
    times = cell.times(label)
    value = times.percentile_us(quantile)
    if (
        value is None
        or times.beyond(quantile) < LEAST_BEYOND
        or cell.slices(label) < LEAST_SLICES
        or len(cell.of(label)) < LEAST_BLOCKS
    ):
        return NEEDED
    lag_us = cell.lags(label).percentile_us(quantile)
    if lag_us is not None and lag_us > MOST_LAG_RATIO * value:
        return f"requests started {time_us(lag_us)} late there, more than a tenth of it"
    return None
