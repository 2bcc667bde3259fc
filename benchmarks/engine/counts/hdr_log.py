"""Times as an HdrHistogram log, which public tools read."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from reports.study.histogram import Histogram

MICROSECONDS_A_SECOND = 1_000_000


def write_log(
    path: Path,
    times: Histogram,
    *,
    started_at_s: float,
    duration_s: float,
    remarks: Sequence[str] = (),
) -> None:
    """Write one interval in the log's format 1.2, its times in microseconds.

    `remarks` : sentences that become comments, which readers skip.
    """
    # hdrh's own writer cannot print a time of today and cuts the longest time to whole seconds.
    started_at = datetime.fromtimestamp(started_at_s, UTC).isoformat(timespec="milliseconds")
    longest_s = (times.max_us or 0) / MICROSECONDS_A_SECOND
    lines = [
        "#[Histogram log format version 1.2]",
        f"#[StartTime: {started_at_s:.3f} (seconds since epoch), {started_at}]",
        *(f"#{remark}" for remark in remarks),
        '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
        f"0.000,{duration_s:.6f},{longest_s:.6f},{times.encode()}",
    ]
    path.write_text("\n".join(lines) + "\n", encoding="ascii")
