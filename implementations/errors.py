"""What can go wrong in `implementations`; each error is one sentence that says what to do."""


class ImplementationsError(Exception):
    """Base of the errors of this package."""
