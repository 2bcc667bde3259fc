"""What can go wrong in `benchmarks`; each error is one sentence that says what to do."""


class BenchmarksError(Exception):
    """Base of the errors of this package."""
