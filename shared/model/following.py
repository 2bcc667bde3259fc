"""Following the registry: a service that was given a model without a version serves the one in use.

Each worker looks at the pointer a few times a second. A version that cannot be opened, or that
answers its sample wrongly, is told, and the one before is served on.
"""

import sys
import threading
from collections.abc import Callable

from shared.model.errors import ModelError
from shared.model.model import Model, open_model
from shared.model.registry import open_registry
from shared.model.version import EngineChoice

# Each worker has switched well within a second, and 1 in 10,000 of a core's time is spent.
LOOK_EVERY_S = 0.2


def follow(
    name: str,
    engine: EngineChoice,
    served: str,
    switch: Callable[[Model], None],
    stopped: threading.Event | None = None,
) -> threading.Thread:
    """Start a thread that calls `switch` with each version of a model that comes into use.

    served : the number of the version that is served now. `stopped` : ends the thread.
    """
    registry, end = open_registry(), stopped or threading.Event()

    def watch() -> None:
        last = served
        while not end.wait(LOOK_EVERY_S):
            try:
                directory = registry.find(name)
                if directory.name == last:
                    continue
                last = directory.name  # also of one that fails: it is told once
                switch(open_model(directory, engine))
                _say(f"serves {name}@{last} now")
            except (ModelError, OSError) as exc:
                _say(f"goes on with the version before: {exc}")

    thread = threading.Thread(target=watch, name="follow-model", daemon=True)
    thread.start()
    return thread


def _say(text: str) -> None:
    print(f"podium: this process {text}", file=sys.stderr, flush=True)
