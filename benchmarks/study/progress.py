"""Tells people how far a study is, on standard error: a bar on a terminal, lines elsewhere."""

import time
from types import TracebackType
from typing import Protocol, Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

# Between two lines where nothing can be drawn over.
LINE_EVERY_S = 10.0


class Teller(Protocol):
    """Hears how far the study is."""

    def say(self, text: str) -> None:
        """One line that stays."""

    def at(self, done_ratio: float, text: str, left_s: float | None) -> None:
        """How far the study is (0 to 1), what it does, and how long it will still take."""


class Silent:
    """Tells nothing."""

    def say(self, text: str) -> None:
        """See `Teller`."""

    def at(self, done_ratio: float, text: str, left_s: float | None) -> None:
        """See `Teller`."""


class Lines:
    """Plain lines, one in ten seconds."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._last_s = float("-inf")

    def say(self, text: str) -> None:
        """See `Teller`."""
        print(text, file=self._stream, flush=True)

    def at(self, done_ratio: float, text: str, left_s: float | None) -> None:
        """See `Teller`."""
        now_s = time.monotonic()
        if now_s - self._last_s >= LINE_EVERY_S:
            self._last_s = now_s
            self.say(f"{done_ratio:4.0%} {text}{_left(left_s)}")


class Bar:
    """A bar at the bottom of a terminal.

    It is drawn only when told, never from a thread of its own: during a slice nothing else runs.
    """

    def __init__(self, stream: TextIO) -> None:
        self._console = Console(file=stream)
        columns = (
            BarColumn(),
            TextColumn("{task.percentage:3.0f} %"),
            TextColumn("{task.description}"),
        )
        self._progress = Progress(
            *columns, console=self._console, auto_refresh=False, transient=True
        )
        self._task: TaskID = self._progress.add_task("", total=1.0)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def say(self, text: str) -> None:
        """See `Teller`."""
        self._console.print(text, highlight=False, markup=False)

    def at(self, done_ratio: float, text: str, left_s: float | None) -> None:
        """See `Teller`."""
        self._progress.update(self._task, completed=done_ratio, description=text + _left(left_s))
        self._progress.refresh()


def _left(left_s: float | None) -> str:
    if left_s is None:
        return ""
    minutes, seconds = divmod(round(left_s), 60)
    return f", {minutes}:{seconds:02d} left" if minutes else f", {seconds} s left"
