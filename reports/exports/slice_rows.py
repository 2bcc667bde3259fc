"""The slices of a study as rows of a table, for any format of tables."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from types import UnionType
from typing import Any, get_args, get_type_hints

from reports.study.histogram import Histogram
from reports.study.records import Slice, Study
from reports.study.rows import SqlValue, to_row

QUANTILES = {"response_p50_us": 0.5, "response_p90_us": 0.9, "response_p99_us": 0.99}
_FIELDS = tuple(field.name for field in fields(Slice))
_KEPT = tuple(name for name in _FIELDS if not name.endswith("histogram"))


def _type(hint: Any) -> type:
    """Numbers as what they are, all else as text."""
    kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    return next((kind for kind in (int, float) if kind in kinds), str)


_HINTS = get_type_hints(Slice)

COLUMNS: Mapping[str, type] = {
    **{name: _type(_HINTS[name]) for name in _KEPT},
    **dict.fromkeys(QUANTILES, int),
}
"""The names of the columns, and the type of what is in each, where that was measured.

Columns are those of the study file, failures and examples as JSON texts, but for histograms: of
that of response times, which cannot be read in a table, there are percentiles in microseconds.
"""


def slice_rows(study: Study) -> Iterator[tuple[SqlValue, ...]]:
    """Yield one row a slice, in the order of their writing; raises HistogramDamaged."""
    for one in study.slices:
        row = dict(zip(_FIELDS, to_row(one), strict=True))
        times = Histogram.decode(one.histogram)
        yield (
            *(row[name] for name in _KEPT),
            *(times.percentile_us(quantile) for quantile in QUANTILES.values()),
        )
