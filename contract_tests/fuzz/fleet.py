"""The stacks that are fuzzed, launched side by side with equal options."""

import contextlib
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from contract_tests.fuzz.targets import FuzzTarget
from implementations.catalogue import Stack
from implementations.launching.launcher import LaunchOptions, RunningStack, launch
from implementations.places import temporary_directory
from shared.address import parse_address

_LOADING_S = 600.0


class Fleet:
    """Stacks that run; `targets` are the ways to them, in the same order."""

    def __init__(self, running: Sequence[RunningStack]) -> None:
        self.running = tuple(running)
        self.targets = [_target(stack) for stack in running]

    def let_load(self) -> None:
        """Give the trained model to those that wait for one, and wait until they have it."""
        for stack in self.running:
            pipe = stack.model_file
            if stat.S_ISFIFO(pipe.stat().st_mode):
                _feed(pipe, stack.default_model.read_bytes())
        for stack in self.running:
            stack.wait_ready()


@contextlib.contextmanager
def launched(stacks: Sequence[Stack], options: LaunchOptions) -> Iterator[Fleet]:
    """All stacks, stopped in the end; with `while_loading` they have no model until `let_load`.

    Raises what `launch` raises.
    """
    made = TemporaryDirectory(prefix="podium-fuzz-", dir=temporary_directory())
    with made as directory, contextlib.ExitStack() as exits:
        running = []
        for number, stack in enumerate(stacks):
            own = options
            if options.while_loading:
                pipe = _pipe(Path(directory) / f"model-{number}")
                settings = options.settings.model_copy(update={"model_file": pipe})
                own = replace(options, settings=settings, ready_timeout_s=_LOADING_S)
            running.append(launch(stack, own))
            exits.callback(running[-1].kill)
        fleet = Fleet(running)
        try:
            yield fleet
        finally:
            for target in fleet.targets:
                target.close()


def _target(running: RunningStack) -> FuzzTarget:
    stack = running.stack
    traits = {
        "implementation": stack.entry.name,
        "interface": stack.entry.interface,
        "server": stack.server.name,
    }
    return FuzzTarget(stack.name, parse_address(running.url), traits)


def _pipe(path: Path) -> Path:
    """Make a named pipe: a service that loads its model from it waits until one is written."""
    os.mkfifo(path)
    return path


def _feed(pipe: Path, content: bytes) -> None:
    # Without waiting: a service that has ended, or never began to read, would stop us for good.
    file = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    os.set_blocking(file, True)
    with open(file, "wb") as opened:  # noqa: PTH123 (a descriptor)
        opened.write(content)
