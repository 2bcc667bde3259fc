"""The import target of server programs in each worker process (`entry_point:build`).

A server that forks its workers may load the model for all of them before (`entry_point:load_once`).
"""

import gc
import os
import signal
import sys
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from implementations.entry import ENTRY_VARIABLE, read_entry
from implementations.launching.keeper import PR_SET_PDEATHSIG, prctl
from implementations.versions_inside import tell_versions
from shared.model.model import Model
from shared.service import START_FAILED, Service, end_process, load_model, start_service
from shared.settings import read_settings


def build(loaded: Model | None = None) -> Any:
    """Return the application of the entry in PODIUM_ENTRY_DIRECTORY, over a service of its own.

    loaded : the model where it was loaded before this process was forked.
    """
    _end_with_parent()
    try:
        service = start_service(loaded)
        app = read_entry(Path(os.environ[ENTRY_VARIABLE])).create_app(service)
        tell_versions()
    except Exception:  # whatever it is, this worker must end with a status that stops the server
        traceback.print_exc()
        sys.exit(START_FAILED)
    _drain_at_sigterm(service)
    return app


def load_once() -> Callable[[], Any]:
    """Load the model in the process that will fork workers, and return `build` for each of them.

    No thread is left: numeric libraries start theirs where a worker first needs them.
    """
    try:
        model = load_model(read_settings())
    except Exception as exc:  # as in a worker
        traceback.print_exc()
        print(f"podium: this process cannot serve without its model: {exc}", file=sys.stderr)
        end_process()
    # What the collector writes into objects would copy the pages that hold them, in each worker.
    gc.collect()
    gc.freeze()
    return partial(build, model)


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
