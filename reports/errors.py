"""What can go wrong in `reports`; each error is one sentence that says what to do."""


class ReportsError(Exception):
    """Base of the errors of this package."""
