"""Consoles that wrap text at the width of a terminal only, and tables that never cut a figure."""

import os
import sys
from collections.abc import Iterator
from typing import IO

from rich import console as rich
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.table import Column, Table
from rich.text import Text

# Where nothing is wrapped: whoever reads a pipe or a file breaks the lines, or does not.
UNLIMITED = 10_000
# What a table may take there.
PIPE_COLUMNS = 80


class Console(rich.Console):
    """A console as wide as the terminal, or as COLUMNS says."""

    def __init__(self, file: IO[str] | None = None) -> None:
        environ = dict(os.environ)
        if not environ.get("COLUMNS", "").strip("0"):  # a terminal that has none says 0
            environ.pop("COLUMNS", None)
        limited = (file or sys.stdout).isatty() or "COLUMNS" in environ
        width = None if limited else UNLIMITED
        super().__init__(file=file, highlight=False, width=width, _environ=environ)

    @property
    def table_width(self) -> int:
        """The characters that a line of a table may take, also in a pipe."""
        return self.width if self.width < UNLIMITED else PIPE_COLUMNS

    def on_broken_pipe(self) -> None:
        """Raise KeyboardInterrupt: with nobody left to read, what goes on is to end in order."""
        raise KeyboardInterrupt


class Figures:
    """A table of figures; where it is wider than the console, a line for each of its cells."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def __rich_console__(
        self, console: rich.Console, options: rich.ConsoleOptions
    ) -> Iterator[rich.RenderableType]:
        natural = console.measure(self._table, options=options.update(max_width=UNLIMITED)).maximum
        if natural <= options.max_width:
            yield self._table
            return
        columns = self._table.columns
        headings = [" ".join(str(column.header).split()) for column in columns]
        for row in zip(*(column.cells for column in columns), strict=True):
            for number, (heading, cell) in enumerate(zip(headings, row, strict=True)):
                indent = "  " if number else ""
                text = cell if isinstance(cell, Text) else Text(str(cell))
                yield Text.assemble(f"{indent}{heading}: ", text)


def bullet(sentence: str) -> rich.RenderableType:
    """Return a sentence of a list, its later lines below its first."""
    return Padding(Text(f"• {sentence}"), (0, 0, 0, 2), expand=False)


def progress_columns() -> tuple[TextColumn, BarColumn, MofNCompleteColumn]:
    """Return what is done, a bar and "1/2"; of these the first two give way to the last."""
    return (
        TextColumn("{task.description}", table_column=Column(overflow="fold")),
        BarColumn(),
        MofNCompleteColumn(table_column=Column(no_wrap=True)),
    )
