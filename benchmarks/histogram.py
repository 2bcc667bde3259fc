"""Times as HDR histograms: complete counts in microseconds, merged by adding.

1 us to 60 s with 3 significant digits (Gil Tene's HdrHistogram); the text form is HdrHistogram's
compressed V2 encoding in base64, which its tools in other languages read.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from hdrh.histogram import HdrHistogram

LOWEST_US = 1
HIGHEST_US = 60_000_000
SIGNIFICANT_DIGITS = 3
MICROSECONDS_A_SECOND = 1_000_000


def empty() -> HdrHistogram:
    """A histogram without counts."""
    return HdrHistogram(LOWEST_US, HIGHEST_US, SIGNIFICANT_DIGITS)


def from_counts(counts: Mapping[int, int]) -> HdrHistogram:
    """The histogram of microseconds -> how often; outside 1 us to 60 s counts as the end."""
    histogram = empty()
    for time_us, count in counts.items():
        histogram.record_value(min(max(time_us, LOWEST_US), HIGHEST_US), count)
    return histogram


def encode(histogram: HdrHistogram) -> str:
    """The histogram as base64 text."""
    text: bytes = histogram.encode()
    return text.decode("ascii")


def decode(text: str) -> HdrHistogram:
    """The histogram that `encode` made `text` of."""
    return HdrHistogram.decode(text.encode("ascii"))


def merge(texts: Iterable[str]) -> HdrHistogram:
    """One histogram of all that was counted in several encoded ones."""
    total = empty()
    for text in texts:
        total.add(decode(text))
    return total


def write_log(
    path: Path, histogram: HdrHistogram, *, started_at_s: float, duration_s: float
) -> None:
    """Writes one interval as an HdrHistogram log (format 1.2), its times in microseconds."""
    # hdrh's own writer cannot print a time of today and cuts the longest time to whole seconds.
    started_at = datetime.fromtimestamp(started_at_s, UTC).isoformat(timespec="milliseconds")
    longest_s = histogram.get_max_value() / MICROSECONDS_A_SECOND
    lines = [
        "#[Histogram log format version 1.2]",
        f"#[StartTime: {started_at_s:.3f} (seconds since epoch), {started_at}]",
        '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
        f"0.000,{duration_s:.6f},{longest_s:.6f},{encode(histogram)}",
    ]
    path.write_text("\n".join(lines) + "\n", encoding="ascii")


def percentile_us(histogram: HdrHistogram, percentile: float) -> int | None:
    """The time that `percentile` (0 to 100) of the answers stay within; `None` without answers.

    Nearest rank (Hyndman and Fan's type 1), rounded up by at most 0.1 %.
    """
    if not histogram.get_total_count():
        return None
    value: int = histogram.get_value_at_percentile(percentile)
    return value


def highest_us(histogram: HdrHistogram) -> int | None:
    """The longest time, rounded up by at most 0.1 %; `None` without answers."""
    return percentile_us(histogram, 100.0)
