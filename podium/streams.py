"""Standard streams that are there, and that print any text in any encoding."""

import codecs
import io
import json
import logging
import os
import re
import select
import sys

# What an encoding may lack of the signs that podium prints; all else is escaped.
_SUBSTITUTES = {
    "–": "-",
    "—": "-",
    "−": "-",
    "…": "...",
    "•": "*",
    "×": "x",
    "±": "+-",
    "µ": "u",
    "≈": "~",
    "≠": "!=",
    "≤": "<=",
    "≥": ">=",
    "→": "->",
    "✗": "x",
    "✓": "v",
    "‹": "<",
    "›": ">",
    "“": '"',
    "”": '"',
    "\N{NO-BREAK SPACE}": " ",
}
_PLAIN = "podium-plain"
_ESCAPED = "podium-escaped"


def prepare() -> None:
    """Open the standard streams that were closed, and let the others print any text."""
    codecs.register_error(_PLAIN, _substituted)
    codecs.register_error(_ESCAPED, _escaped)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # It gets the lowest free descriptor, so no other file becomes a standard stream.
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_PLAIN)


class _Once(logging.Filter):
    """Lets a message pass once, whatever its numbers: stacks start many times in a study."""

    def __init__(self) -> None:
        super().__init__()
        self._passed: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        text = re.sub(r"\d+", "", record.getMessage())
        new = text not in self._passed
        self._passed.add(text)
        return new


def log_to_stderr() -> None:
    """Print warnings that are logged, each of them once."""
    handler = logging.StreamHandler()
    handler.addFilter(_Once())
    logging.basicConfig(format="podium: %(message)s", handlers=[handler])


def print_for_programs() -> None:
    """Prepare standard output for JSON: UTF-8, or else ASCII with the rest escaped (RFC 8259)."""
    if isinstance(sys.stdout, io.TextIOWrapper) and not _is_utf_8(sys.stdout.encoding):
        sys.stdout.reconfigure(encoding="ascii", errors=_ESCAPED)


def broken() -> bool:
    """Whether nobody reads a standard stream of ours any more; it then leads nowhere."""
    gone = [number for number in (1, 2) if _unread(number)]
    for number in gone:
        os.dup2(os.open(os.devnull, os.O_WRONLY), number)
    return bool(gone)


def _unread(number: int) -> bool:
    """Whether the descriptor is of a pipe or socket whose other end is closed (poll(2))."""
    poll = select.poll()
    poll.register(number, 0)
    return any(state & (select.POLLERR | select.POLLHUP) for _, state in poll.poll(0))


def _is_utf_8(encoding: str) -> bool:
    return codecs.lookup(encoding).name == "utf-8"


def _substituted(error: UnicodeError) -> tuple[str, int]:
    """Replace characters that cannot be encoded by a sign that says the same, or its number."""
    return _replaced(error, _SUBSTITUTES)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """Replace characters that cannot be encoded as JSON does within its texts (RFC 8259)."""
    return _replaced(error, {})


def _replaced(error: UnicodeError, substitutes: dict[str, str]) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    return "".join(substitutes.get(c) or json.dumps(c)[1:-1] for c in missing), error.end
