"""HdrHistogram log files, which public tools read (such as HistogramLogAnalyzer)."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hdrh.log import HistogramLogWriter

from benchmarks.engine.histogram import Histogram

US_PER_MS = 1000.0


@dataclass(frozen=True)
class Interval:
    """A histogram of microseconds, what it is of, and when it was (seconds since the epoch)."""

    name: str
    histogram: Histogram
    start_s: float
    end_s: float


def write_hdr_log(path: Path, intervals: Iterable[Interval]) -> None:
    """Write one line an interval, in HdrHistogram's log format 1.3, its name in a comment."""
    with path.open("w", encoding="utf-8") as file:
        log = HistogramLogWriter(file)
        log.output_log_format_version()
        log.output_comment("[Values are in microseconds, the column Interval_Max in milliseconds]")
        log.output_legend()
        for interval in intervals:
            log.output_comment(f"[{interval.name}]")
            log.output_interval_histogram(
                interval.histogram.to_hdr(), interval.start_s, interval.end_s, US_PER_MS
            )
