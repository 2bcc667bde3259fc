"""The import target of server programs in each worker process (`entry_point:build`)."""

import os
import signal
import sys
import traceback
from pathlib import Path
from types import FrameType
from typing import Any

from implementations.entry import ENTRY_VARIABLE, read_entry
from implementations.launching.keeper import PR_SET_PDEATHSIG, prctl
from shared.service import START_FAILED, Service, start_service


def build() -> Any:
    """Return the application of the entry in PODIUM_ENTRY_DIRECTORY, over a service of its own."""
    _end_with_parent()
    try:
        service = start_service()
        app = read_entry(Path(os.environ[ENTRY_VARIABLE])).create_app(service)
    except Exception:  # whatever it is, this worker must end with a status that stops the server
        traceback.print_exc()
        sys.exit(START_FAILED)
    _drain_at_sigterm(service)
    return app


def _end_with_parent() -> None:
    """Ask the kernel to kill this worker when the process that started it is gone.

    Otherwise a worker whose supervisor was killed would go on serving, unsupervised.
    """
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _drain_at_sigterm(service: Service) -> None:
    """Let health say 503 from the signal on, before the server's own handler runs.

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
