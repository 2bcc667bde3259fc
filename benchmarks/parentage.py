"""A child process that ends when its parent does, however that ends."""

import ctypes
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
