"""Header fields as they are given to `--header`: themselves, or where they stand.

`@FILE` and `@-` are read as curl reads them, so that a secret need not stand on the command line,
where the shell keeps it and other users of the machine see it.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO


def field_lines(given: Sequence[str], stdin: IO[str]) -> list[str]:
    """A line for each field; raises `OSError` where a file cannot be read."""
    return [line for one in given for line in _lines(one, stdin)]


def _lines(given: str, stdin: IO[str]) -> Iterator[str]:
    if not given.startswith("@"):
        yield given
        return
    text = stdin.read() if given == "@-" else Path(given[1:]).read_text(encoding="latin-1")
    yield from filter(None, map(str.strip, text.split("\n")))
