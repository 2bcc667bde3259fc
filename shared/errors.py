"""What can go wrong in `shared`; each error is one sentence that says what to do."""


class SharedError(Exception):
    """Base of the errors of this package."""
