"""All slices of a study as Apache Parquet, for pandas, Polars or DuckDB."""

from io import BytesIO

from reports.errors import PackageMissing
from reports.exports.slice_rows import COLUMNS, slice_rows
from reports.study.records import Study


def slices_parquet(study: Study) -> bytes:
    """Return the same rows as `slices_csv`, each column with its type; null: not measured.

    Raises PackageMissing without pyarrow, and HistogramDamaged.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 (an extra)
        from pyarrow import parquet  # noqa: PLC0415
    except ModuleNotFoundError as exc:
        raise PackageMissing("pyarrow", "parquet") from exc
    types = {int: pa.int64(), float: pa.float64(), str: pa.string()}
    columns = list(zip(*slice_rows(study), strict=True)) or [()] * len(COLUMNS)
    arrays = [
        pa.array(column, types[kind])
        for column, kind in zip(columns, COLUMNS.values(), strict=True)
    ]
    written = BytesIO()
    parquet.write_table(pa.table(arrays, names=list(COLUMNS)), written)
    return written.getvalue()
