"""A log that we write is read by HdrHistogram's own reader."""

from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader

from benchmarks.engine.counts.hdr_log import write_log
from reports.study.histogram import Histogram


def test_a_log_is_read_by_hdr_histograms_own_reader(tmp_path):
    made = Histogram.of([1000] * 10 + [250_000])
    write_log(tmp_path / "log", made, started_at_s=1_700_000_000.0, duration_s=2.0)
    reader = HistogramLogReader(str(tmp_path / "log"), HdrHistogram(1, 60_000_000, 3))
    read = reader.get_next_interval_histogram()
    assert read.get_total_count() == 11
    assert reader.get_start_time_sec() == 1_700_000_000.0
    assert ",0.2501" in (tmp_path / "log").read_text()
    reader.close()
