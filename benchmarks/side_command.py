"""Entry of the commands behind `make bench-engine` and its like."""

import importlib
import sys
from typing import NoReturn

from benchmarks.errors import BenchmarksError
from implementations.errors import ImplementationsError

# The exit status that shells give for a process ended by SIGINT.
INTERRUPTED = 130


def run(module: str) -> NoReturn:
    """Call `main()` of `module` and exit with its status.

    Exits with 2 after an error of ours, and with 130 after Ctrl-C, even while `module`, which takes
    a second, is being imported.
    """
    try:
        status = importlib.import_module(module).main()
    except KeyboardInterrupt:
        print("podium: interrupted", file=sys.stderr)
        status = INTERRUPTED
    except (BenchmarksError, ImplementationsError) as exc:
        print(f"podium: {exc}", file=sys.stderr)
        status = 2
    # See `podium/__main__.py`: without it, Python may end by SIGINT instead.
    exec("")  # noqa: S102 - the text is empty
    sys.exit(status)
