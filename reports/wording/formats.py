"""Quantities as people read them: a few significant digits and a suitable unit."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from math import ceil, floor

MOST_TIMES = 100


def plain(value: float) -> str:
    """Return three significant digits, thousands apart: `12,300`, `945`, `6.10`."""
    if value == 0:
        return "0"
    rounded = float(f"{value:.3g}")
    if abs(rounded) >= 100:
        return f"{rounded:,.0f}"
    return f"{rounded:#.3g}"


def time_us(value: float) -> str:
    """Return microseconds in a suitable unit."""
    if value < 1000:
        return f"{plain(value)} µs"
    if value < 1_000_000:
        return f"{plain(value / 1000)} ms"
    return f"{plain(value / 1_000_000)} s"


def time_s(value: float) -> str:
    """Return seconds in a suitable unit."""
    return time_us(value * 1e6)


def size_bytes(value: float) -> str:
    """Return bytes in mebibytes, or in gibibytes."""
    return f"{plain(value / 2**30)} GiB" if value >= 2**30 else f"{plain(value / 2**20)} MiB"


def percent(ratio: float) -> str:
    """Return a share, such as 0.034, as `3.4 %`."""
    share = ratio * 100
    return f"{share:.1f} %".replace(".0 ", " ") if abs(share) < 9.95 else f"{share:.0f} %"


def difference(ratio: float) -> str:
    """Return how far apart two speeds are: 0.034 is `3.4 %`, 1.6 is `2.6 times`."""
    if ratio < 1:
        return percent(ratio)
    return f"{1 + ratio:.1f} times" if ratio < MOST_TIMES else f"more than {MOST_TIMES} times"


UNITS: Mapping[str, Callable[[float], str]] = {
    "1/s": plain,
    "µs": time_us,
    "s": time_s,
    "bytes": size_bytes,
    "share": percent,
}


def quantity(value: float, unit: str) -> str:
    """Return a metric's value in words; `unit` is that of its row in the table of metrics."""
    return UNITS[unit](value)


def ratio(value: float) -> str:
    """Return a ratio with three decimals; one of more than 100, or of less than 0.001, as such."""
    if value > MOST_TIMES:
        return f"> {MOST_TIMES}"
    return f"{value:.3f}" if value >= 0.0005 else "< 0.001"


def share_digits(low: float, high: float) -> int:
    """Return the decimals with which an interval of shares, rounded outwards, holds 1 as it does.

    Two are enough unless it ends near 1.
    """
    holds = low <= 1 <= high
    return next((n for n in (2, 3, 4) if holds == (_down(low, n) <= 1 <= _up(high, n))), 5)


def share(value: float, digits: int = 2) -> str:
    """Return a share of the first's speed."""
    if value > MOST_TIMES:
        return f"> {MOST_TIMES}"
    return f"{value:.{digits}f}" if value >= 0.005 else "< 0.01"


def share_interval(low: float, high: float, digits: int) -> str:
    """Return an interval of shares, rounded outwards."""
    least = f"{_down(low, digits):.{digits}f}"
    return f"{least}–{_up(high, digits):.{digits}f}" if high <= MOST_TIMES else f"≥ {least}"


def share_bound(value: float, digits: int, *, at_least: bool) -> str:
    """Return one end of such an interval, rounded outwards."""
    end = _down(value, digits) if at_least else _up(value, digits)
    return f"{'≥' if at_least else '≤'} {end:.{digits}f}"


def change(value: float) -> str:
    """Return a ratio of after to before as a change: 1.034 is `+3.4 %`."""
    return f"{'+' if value >= 1 else '−'}{percent(abs(value - 1))}"


def faster_than(low: float, high: float) -> str:
    """Return an interval of ratios above 1, rounded outwards: `12–19 % faster than`."""
    return _more(low, high, "faster", "fast")


def higher_than(low: float, high: float) -> str:
    """Return the same of a quantity: `12–19 % higher than`."""
    return _more(low, high, "higher", "high")


def _more(low: float, high: float, comparative: str, positive: str) -> str:
    if low >= 1.5 and high >= 2:
        return f"{_down(low, 1):.1f}–{_up(high, 1):.1f} times as {positive} as"
    low_percent, high_percent = (low - 1) * 100, (high - 1) * 100
    digits = 1 if high_percent < 10 else 0
    # A lead that begins below 1 % does not begin at 0.
    low_digits = 1 if low_percent < 1 else digits
    shown_low, shown_high = _down(low_percent, low_digits), _up(high_percent, digits)
    return f"{shown_low:.{low_digits}f}–{shown_high:.{digits}f} % {comparative} than"


def at_least_faster_than(low: float) -> str:
    """Return the lower end alone: `at least 12 % faster than`."""
    if low >= 2:
        return f"at least {_down(low, 1):.1f} times as fast as"
    digits = 1 if (low - 1) * 100 < 10 else 0
    return f"at least {_down((low - 1) * 100, digits):.{digits}f} % faster than"


def as_many(low: float, high: float) -> str:
    """Return an interval of ratios of shares above 1, rounded outwards: `4.1–8.9 times as many`."""
    digits = 1 if low >= 1.1 else 2
    return f"{_down(low, digits):.{digits}f}–{_up(high, digits):.{digits}f} times as many"


def at_least_as_many(low: float) -> str:
    """Return the lower end alone: `at least 4.1 times as many`."""
    digits = 1 if low >= 1.1 else 2
    return f"at least {_down(low, digits):.{digits}f} times as many"


def lower_by(low: float, high: float) -> str:
    """Return an interval of ratios of speeds above 1 as time saved.

    1.25 to 1.40 are `20–28.6 % lower`, rounded outwards: `20–29 % lower`.
    """
    low_percent, high_percent = (1 - 1 / low) * 100, (1 - 1 / high) * 100
    digits = 1 if high_percent < 10 or high_percent > 99 else 0
    low_digits = 1 if low_percent < 1 else digits
    shown_low, shown_high = _down(low_percent, low_digits), _up(high_percent, digits)
    return f"{shown_low:.{low_digits}f}–{shown_high:.{digits}f} % lower"


def at_least_lower(low: float) -> str:
    """Return the lower end alone: `at least 12 % lower`."""
    saved = (1 - 1 / low) * 100
    digits = 1 if saved < 10 or saved > 99 else 0
    return f"at least {_down(saved, digits):.{digits}f} % lower"


def place(best: int, worst: int) -> str:
    """Return `1`, or `1–3` where ranks are left open."""
    return str(best) if best == worst else f"{best}–{worst}"


def minutes(value: float) -> str:
    """Return an approximate duration."""
    whole = max(1, round(value))
    if whole >= 120:
        return f"{round(value / 60)} hours"
    return "1 minute" if whole == 1 else f"{whole} minutes"


def minutes_range(low: float, high: float) -> str:
    """Return approximate durations from one to another: `2–9 minutes`."""
    least, most = minutes(low), minutes(high)
    if least == most:
        return most
    (count, unit), (_, other) = least.split(), most.split()
    return f"{count}–{most}" if unit.rstrip("s") == other.rstrip("s") else f"{least} to {most}"


def moment(value: str) -> str:
    """Return an ISO 8601 time to the minute, `2025-06-01 14:30 UTC`; no zone means UTC."""
    time = datetime.fromisoformat(value)
    time = time.astimezone(UTC) if time.tzinfo else time
    return time.strftime("%Y-%m-%d %H:%M UTC")


def listed(words: Sequence[str]) -> str:
    """Return `a`, `a and b`, or `a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else [*words])


def _down(value: float, digits: int) -> float:
    return floor(value * 10.0**digits + 1e-9) / 10.0**digits


def _up(value: float, digits: int) -> float:
    return ceil(value * 10.0**digits - 1e-9) / 10.0**digits
