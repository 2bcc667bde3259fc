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
from shared.model.model import find_version
from shared.model.version import MANIFEST

_LOADING_S = 600.0
# Beside the manifest that is a pipe: the version that it is a copy of.
_SOURCE = "source"


class Fleet:
    """Stacks that run; `targets` are the ways to them, in the same order."""

    def __init__(self, running: Sequence[RunningStack]) -> None:
        self.running = tuple(running)
        self.targets = [_target(stack) for stack in running]

    def let_load(self) -> None:
        """Give the trained model to those that wait for one, and wait until they have it."""
        for stack in self.running:
            if stat.S_ISFIFO((stack.model_directory / MANIFEST).stat().st_mode):
                _feed(stack.model_directory)
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
                waiting = _waiting_version(
                    Path(directory) / f"model-{number}", options.settings.model
                )
                settings = options.settings.model_copy(update={"model": str(waiting)})
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


def _waiting_version(path: Path, model: str | None) -> Path:
    """Make a version whose manifest is a named pipe: a service waits until one is written."""
    version = find_version(model)
    path.mkdir()
    for file in version.iterdir():
        if file.name != MANIFEST:
            (path / file.name).symlink_to(file.absolute())
    os.mkfifo(path / MANIFEST)
    (path / _SOURCE).symlink_to(version.absolute())
    return path


def _feed(version: Path) -> None:
    content = (version / _SOURCE / MANIFEST).read_bytes()
    # Without waiting: a service that has ended, or never began to read, would stop us for good.
    file = os.open(version / MANIFEST, os.O_WRONLY | os.O_NONBLOCK)
    os.set_blocking(file, True)
    with open(file, "wb") as opened:  # noqa: PTH123 (a descriptor)
        opened.write(content)
