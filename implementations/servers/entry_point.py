"""What server programs import in each worker process (`entry_point:build`)."""

import ctypes
import os
import signal
import sys
import traceback
from pathlib import Path
from types import FrameType
from typing import Any

from implementations.entry import ENTRY_VARIABLE, read_entry
from shared.service import START_FAILED, Service, start_service

_PR_SET_PDEATHSIG = 1  # prctl(2)


def build() -> Any:
    """The application of the entry that PODIUM_ENTRY_DIRECTORY names, over a service of its own."""
    _end_with_parent()
    try:
        service = start_service()
        app = read_entry(Path(os.environ[ENTRY_VARIABLE])).create_app(service)
    except Exception:
        traceback.print_exc()
        sys.exit(START_FAILED)
    _drain_at_sigterm(service)
    return app


def _end_with_parent() -> None:
    """Asks the kernel to kill this worker when the process that started it is gone.

    Otherwise a worker whose supervisor was killed would go on serving, unsupervised.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _drain_at_sigterm(service: Service) -> None:
    """Lets health say 503 from the signal on, before the server program handles it as ever.

    gunicorn and uvicorn have their handlers in place when they import the application. granian
    puts its own later, and with the signal takes no more requests: nobody could ask.
    """
    handle = signal.getsignal(signal.SIGTERM)
    if not callable(handle):
        return

    def drain(number: int, frame: FrameType | None) -> None:
        service.drain()
        handle(number, frame)

    signal.signal(signal.SIGTERM, drain)
    signal.siginterrupt(signal.SIGTERM, False)
