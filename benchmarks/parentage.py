"""A child process that ends when its parent does, however that ends."""

import argparse
import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Has the kernel kill this process when its parent dies (Linux; nothing elsewhere).

    The parent is the thread that started it (prctl(2)). The end of standard input says the same
    everywhere, and covers a parent that was gone before this call.
    """
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def begin_as_child(description: str | None) -> None:
    """Reads the arguments that `LineProcess` gives its program: pins it, and ties it to us."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--cores", help="run on these cores only, such as 0,2")
    cores = parser.parse_args().cores
    if cores:
        os.sched_setaffinity(0, {int(core) for core in cores.split(",")})
    die_with_parent()
