"""The known names that a person may have meant by an unknown one."""

import difflib
from collections.abc import Iterable


def did_you_mean(text: str, known: Iterable[str]) -> str:
    """Return `; did you mean A or B?` with the nearest known names, or nothing where none is near.

    It goes after a sentence's first part.
    """
    nearest = difflib.get_close_matches(text, list(known), n=2, cutoff=0.5)
    return f"; did you mean {' or '.join(nearest)}?" if nearest else ""
