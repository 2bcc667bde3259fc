"""All slices of a study as CSV (RFC 4180), for a spreadsheet or pandas."""

import csv
from io import StringIO

from reports.exports.slice_rows import COLUMNS, slice_rows
from reports.study.records import Study


def slices_csv(study: Study) -> str:
    """Return a header and one line a slice; what was not measured is empty.

    Raises HistogramDamaged.
    """
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(slice_rows(study))
    return text.getvalue()
