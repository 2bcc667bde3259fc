"""How many workers a server program was asked for, when somebody starts it directly.

Several workers that count in their own memory each would all be wrong and none would notice, so
what can be told is told: from the program's command line, then its variables. A configuration
file stays unseen.
"""

import argparse
import shlex
from collections.abc import Mapping, Sequence
from pathlib import PurePath

# Program -> the environment variables in which it looks for a number of workers, first one first.
_VARIABLES = {
    "gunicorn": ("WEB_CONCURRENCY",),
    "uvicorn": ("UVICORN_WORKERS", "WEB_CONCURRENCY"),
    "granian": ("GRANIAN_WORKERS",),
    "fastapi": ("WEB_CONCURRENCY",),
}


def asked_workers(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """The number of workers, where `argv` is a server program's; 1 where it cannot be told."""
    program = _program(argv)
    if program not in _VARIABLES:
        return 1
    more_arguments = environ.get("GUNICORN_CMD_ARGS", "") if program == "gunicorn" else ""
    candidates = (
        _workers_option(argv[1:]),
        _workers_option(shlex.split(more_arguments)),
        *(environ.get(name) for name in _VARIABLES[program]),
    )
    return next((int(text) for text in candidates if text and text.isdecimal()), 1)


def _program(argv: Sequence[str]) -> str:
    """The program's name; `python -m NAME` has `NAME/__main__.py` as its first argument."""
    path = PurePath(argv[0] if argv else "")
    return path.parent.name if path.name == "__main__.py" else path.name


def _workers_option(arguments: Sequence[str]) -> str | None:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    # Without a value, as of a command line that its own program will refuse, it is None.
    parser.add_argument("-w", "--workers", nargs="?")
    workers: str | None = parser.parse_known_args(list(arguments))[0].workers
    return workers
