"""Stacks that we launch ourselves: once for a run, and again for tests of their own."""

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from contract_tests.backends.base import Backend, Need
from contract_tests.backends.guarded import KEYS, RATE_LIMIT, Guardable
from contract_tests.backends.planted import planted_stack
from contract_tests.backends.served import ServedBackend
from contract_tests.http.access import Access
from contract_tests.http.sample import IRIS
from implementations.catalogue import Stack
from implementations.launching.launcher import LaunchOptions, launch
from implementations.places import temporary_directory
from shared.sample import Sample
from shared.settings import Settings

# Shorter than the 10 s that are usual, so that the tests of SIGTERM do not take that long.
GRACE_S = 5.0


class FreshService(Protocol):
    """A service that was started for one test, and whose end the test watches."""

    host: str
    port: int

    def terminate(self) -> None:
        """Send SIGTERM, and do not wait."""

    def wait(self) -> int:
        """The exit status, once it has ended; a service that outlives its grace is killed."""


class WorkerService(Protocol):
    """A service of several workers that was started for one test."""

    host: str
    port: int

    def worker_pids(self) -> tuple[int, ...]:
        """The processes that serve requests now."""


class LaunchedBackend(Guardable, ServedBackend):
    """A stack that we launched."""

    offers: frozenset[Need] = ServedBackend.offers | {
        "fresh",
        "launched",
        "workers",
        "guarded",
        "planted",
    }

    def __init__(
        self,
        stack: Stack,
        traits: Mapping[str, str],
        settings: Settings | None = None,
        sample: Sample = IRIS,
    ) -> None:
        self._stack = stack
        self._settings = settings or Settings()
        self._running = launch(stack, LaunchOptions(settings=self._settings))
        self._apart: PlantedBackend | None = None
        super().__init__(stack.name, self._running.url, traits, access=Access(sample=sample))

    @contextlib.contextmanager
    def launch_fresh(self) -> Iterator[FreshService]:
        """Launch the same stack once more, for one test alone."""
        with LaunchedService(self._stack, self._brief) as service:
            yield service

    @contextlib.contextmanager
    def launch_workers(self, number: int) -> Iterator[WorkerService]:
        """Launch the same stack once more, with this many workers."""
        workers = replace(self._stack, workers=number)
        with launch(workers, LaunchOptions(settings=self._brief)) as stack:
            yield stack

    @property
    def _brief(self) -> Settings:
        return self._settings.model_copy(update={"grace_s": GRACE_S})

    def open_guarded(self) -> Backend:
        with tempfile.NamedTemporaryFile("w", dir=temporary_directory()) as file:
            file.write("\n".join(KEYS))
            file.flush()
            guard = {"api_keys_file": Path(file.name), "rate_limit": RATE_LIMIT}
            settings = self._settings.model_copy(update=guard)
            return LaunchedBackend(self._stack, self.traits, settings, self.sample)

    def apart(self) -> ServedBackend:
        """The same stack once more, with a defect in it; launched when it is first asked for."""
        if self._apart is None:
            self._apart = PlantedBackend(self, self._stack, self._settings)
        return self._apart

    def close(self) -> None:
        super().close()
        try:
            if self._apart is not None:
                self._apart.close()
        finally:
            self._running.stop()


class PlantedBackend(ServedBackend):
    """A stack that `like` is too, launched with the defect of `backends.planted`."""

    def __init__(self, like: ServedBackend, stack: Stack, settings: Settings) -> None:
        self._opened = contextlib.ExitStack()
        with self._opened:
            planted = self._opened.enter_context(planted_stack(stack))
            launched = launch(planted, LaunchOptions(settings=settings))
            self._running = self._opened.enter_context(launched)
            self._opened = self._opened.pop_all()
        access = Access(sample=like.sample)
        super().__init__(like.name, self._running.url, like.traits, access=access)
        self.record = like.record

    def process_ids(self) -> tuple[int, ...]:
        return self._running.worker_pids()

    def log(self) -> str:
        return self._running.output()

    def close(self) -> None:
        self._opened.close()


class LaunchedService:
    """A launched stack whose end can be watched."""

    def __init__(self, stack: Stack, settings: Settings) -> None:
        self._running = launch(stack, LaunchOptions(settings=settings))
        self.host = self._running.host
        self.port = self._running.port

    def __enter__(self) -> "LaunchedService":
        return self

    def __exit__(self, *error: object) -> None:
        self._running.kill()

    def terminate(self) -> None:
        """Ask the stack to drain."""
        self._running.ask_to_stop()

    def wait(self) -> int:
        """The exit status, once it has ended."""
        return self._running.stop()
