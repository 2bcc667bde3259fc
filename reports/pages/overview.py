"""The overview as texts: a table for pages, and lines for a terminal of any width."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby, pairwise
from textwrap import wrap

from reports.analysis.findings import Overview, OverviewCell, OverviewColumn
from reports.pages.tables import NOTHING, Cell, Column, Table
from reports.wording import formats

JUDGED = "places; speed as a share of the first's; all intervals hold together at 95 %"
UNJUDGED = "no pair is judged; speed as a share of the fastest's as measured"
BOUNDS = {"at_least": "≥ ", "at_most": "≤ "}


def table(overview: Overview) -> Table:
    """Return the table: in each cell the place and the share, below them the interval."""
    columns = (
        Column("stack"),
        *(Column(f"{one.operation}, {one.load}", numeric=True) for one in overview.columns),
    )
    rows = tuple(
        (
            Cell(row.label, stacks=(row.label,)),
            *(cell(*pair) for pair in zip(row.cells, overview.columns, strict=True)),
        )
        for row in overview.rows
    )
    return Table("Overview", columns, rows, note(overview))


def note(overview: Overview) -> str:
    """Return what the cells say."""
    judged = any(cell.of_first_low is not None for row in overview.rows for cell in row.cells)
    return JUDGED if judged else UNJUDGED


def cell(found: OverviewCell, column: OverviewColumn) -> Cell:
    """Return the two lines of a cell; the first of a column shows its figure instead of a share."""
    if found.exclusion is not None:
        return Cell("out", marked=True, verdict=found.sentence)
    return replace(
        _measured(found, column),
        marked=found.bound is not None,
        order=None if found.of_first is None else -found.of_first,
        verdict=found.sentence,
    )


def _measured(found: OverviewCell, column: OverviewColumn) -> Cell:
    place = NOTHING
    if found.place_best is not None and found.place_worst is not None:
        place = formats.place(found.place_best, found.place_worst)
    low, high = found.of_first_low, found.of_first_high
    if found.of_first == 1 and low is None:
        return Cell(place, _figure(found, column))
    if found.of_first is None or found.bound == "unknown":
        return Cell(place, NOTHING)
    digits = 2 if low is None or high is None else formats.share_digits(low, high)
    share = f"{BOUNDS.get(found.bound or '', '')}{formats.share(found.of_first, digits)}"
    text = share if place == NOTHING else f"{place}: {share}"
    if low is None or high is None:
        return Cell(text)
    if found.bound is None:
        return Cell(text, formats.share_interval(low, high, digits))
    at_least = found.bound == "at_least"
    return Cell(text, formats.share_bound(low if at_least else high, digits, at_least=at_least))


def lines(overview: Overview, width: int) -> Iterator[str]:
    """Yield the table as lines of at most `width` characters; a wider figure is never cut.

    Where not all columns fit side by side they stand below each other; where not even one does,
    each cell has a line.
    """
    columns = [
        _GridColumn(
            column.operation,
            column.load,
            [cell(row.cells[number], column) for row in overview.rows],
        )
        for number, column in enumerate(overview.columns)
    ]
    labels = [row.label for row in overview.rows]
    for gap in (2, 1):
        if (grid := _Grid(labels, columns, gap)).width <= width:
            yield from grid.lines()
            return
    for start, end in _that_fit(labels, columns, width):
        grid = _Grid(labels, columns[start:end], gap=2)
        yield from grid.lines() if grid.width <= width else _listed(labels, columns[start], width)


def wrapped(sentence: str, width: int) -> list[str]:
    """Return a sentence in lines, the later ones indented; no word or figure is broken."""
    return wrap(
        sentence, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


@dataclass(frozen=True)
class _GridColumn:
    operation: str
    load: str
    cells: list[Cell]

    @property
    def width(self) -> int:
        texts = [text for one in self.cells for text in (one.text, one.detail)]
        return max(map(len, (self.load, *texts)))


@dataclass(frozen=True)
class _Grid:
    """Labels, broken after a colon, and columns beside them, `gap` characters apart."""

    labels: list[str]
    columns: list[_GridColumn]
    gap: int

    @property
    def width(self) -> int:
        return sum(self._widths) + self.gap * len(self.columns)

    def lines(self) -> Iterator[str]:
        operations = [one.operation for one in self.columns]
        above = ["", *operations[:1]]
        above += ["" if one == before else one for before, one in pairwise(operations)]
        yield self._operations_line(above)
        yield self._line(["", *(column.load for column in self.columns)])
        for number, label in enumerate(self.labels):
            cells = [column.cells[number] for column in self.columns]
            name, colon, rest = label.partition(":")
            yield self._line([name + colon, *(one.text for one in cells)])
            yield self._line([rest, *(one.detail for one in cells)])

    @property
    def _widths(self) -> list[int]:
        """The widths of labels and columns; an operation's last holds what is left of its name."""
        names = [part for label in self.labels for part in label.replace(":", ":\n", 1).split()]
        widths = [max(map(len, names), default=0)]
        for operation, group in groupby(self.columns, key=lambda column: column.operation):
            taken = [column.width for column in group]
            taken[-1] += max(0, len(operation) - sum(taken) - self.gap * (len(taken) - 1))
            widths += taken
        return widths

    def _line(self, texts: Sequence[str]) -> str:
        padded = (text.ljust(width) for text, width in zip(texts, self._widths, strict=True))
        return (" " * self.gap).join(padded).rstrip()

    def _operations_line(self, texts: Sequence[str]) -> str:
        """A name goes on over its operation's other columns, whose texts are empty."""
        line = ""
        starts = accumulate((width + self.gap for width in self._widths), initial=0)
        for start, text in zip(starts, texts, strict=False):
            if text:
                line = line.ljust(start) + text
        return line


def _that_fit(
    labels: list[str], columns: list[_GridColumn], width: int
) -> Iterator[tuple[int, int]]:
    """Yield from where to where columns fit side by side; at least one, if it fits or not."""
    start = 0
    for end in range(1, len(columns) + 1):
        over = end < len(columns) and _Grid(labels, columns[start : end + 1], gap=2).width > width
        if over or end == len(columns):
            yield start, end
            start = end


def _listed(labels: list[str], column: _GridColumn, width: int) -> Iterator[str]:
    yield from wrapped(f"{column.operation}, {column.load}:", width)
    for label, one in zip(labels, column.cells, strict=True):
        yield from wrapped(f"{label} {one.text} {one.detail}".rstrip(), width)


def _figure(found: OverviewCell, column: OverviewColumn) -> str:
    if found.value is None:
        return NOTHING
    if column.compared == "requests_per_s":
        return f"{'≥ ' if found.bound else ''}{formats.plain(found.value)}/s"
    return f"{'≤ ' if found.bound else ''}{formats.time_us(found.value)}"
