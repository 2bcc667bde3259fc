"""All slices of a study as CSV (RFC 4180), for a spreadsheet or pandas."""

import csv
from dataclasses import fields
from io import StringIO

from reports.study.histogram import Histogram
from reports.study.records import Slice, Study
from reports.study.rows import to_row

QUANTILES = {"response_p50_us": 0.5, "response_p90_us": 0.9, "response_p99_us": 0.99}


def slices_csv(study: Study) -> str:
    """Return a header and one line a slice, in the order of their writing.

    Columns are those of the study file, failures and examples as JSON texts, but for histograms:
    of that of response times, which cannot be read in a table, there are percentiles in
    microseconds. What was not measured is empty. Raises HistogramDamaged.
    """
    names = [field.name for field in fields(Slice)]
    kept = [name for name in names if not name.endswith("histogram")]
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([*kept, *QUANTILES])
    for one in study.slices:
        row = dict(zip(names, to_row(one), strict=True))
        times = Histogram.decode(one.histogram)
        writer.writerow(
            [
                *(row[name] for name in kept),
                *(times.percentile_us(quantile) for quantile in QUANTILES.values()),
            ]
        )
    return text.getvalue()
