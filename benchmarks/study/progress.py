"""The progress of a study on standard error: a bar on a terminal, lines elsewhere."""

import time
from types import TracebackType
from typing import Protocol, Self, TextIO

from rich.progress import Progress as RichProgress
from rich.progress import TaskID, TextColumn

from reports.console import Console, progress_columns

# Between two lines where nothing can be drawn over.
LINE_EVERY_S = 10.0


class Progress(Protocol):
    """Receives the progress of a study."""

    def message(self, text: str) -> None:
        """Print one line that stays."""

    def update(self, done_ratio: float, text: str, left_s: float | None) -> None:
        """Show the share that is done (0 to 1), the present step, and the time left."""


class Lines:
    """Plain lines, one in ten seconds."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._last_s = float("-inf")

    def message(self, text: str) -> None:
        """See `Progress`."""
        print(text, file=self._stream, flush=True)

    def update(self, done_ratio: float, text: str, left_s: float | None) -> None:
        """See `Progress`."""
        now_s = time.monotonic()
        if now_s - self._last_s >= LINE_EVERY_S:
            self._last_s = now_s
            self.message(f"{done_ratio:4.0%} {text}{_left(left_s)}")


class Bar:
    """A bar at the bottom of a terminal.

    It is drawn only on updates, never from a thread of its own: during a slice nothing else runs.
    """

    def __init__(self, stream: TextIO) -> None:
        self._console = Console(stream)
        description, bar, _ = progress_columns()
        columns = (bar, TextColumn("{task.percentage:3.0f} %"), description)
        self._progress = RichProgress(
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

    def message(self, text: str) -> None:
        """See `Progress`."""
        self._console.print(text, markup=False)

    def update(self, done_ratio: float, text: str, left_s: float | None) -> None:
        """See `Progress`."""
        self._progress.update(self._task, completed=done_ratio, description=text + _left(left_s))
        self._progress.refresh()


def _left(left_s: float | None) -> str:
    if left_s is None:
        return ""
    minutes, seconds = divmod(round(left_s), 60)
    return f", {minutes}:{seconds:02d} left" if minutes else f", {seconds} s left"
