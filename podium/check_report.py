"""What `podium check` shows: its progress, then the matrix and what is behind it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import IO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Table
from rich.text import Text

from contract_tests.results import OUTCOMES, CaseResult, Outcome, SuiteResult, Wire

MOST_FAILURES_SHOWN = 20
LINES_A_FAILURE = 8
SHOWN_BYTES = 400
_CAPTION = "passed; after ✗ failed, ! undecided, ≈ allowed to differ, – skipped"
_MARKS: tuple[tuple[str, Outcome], ...] = (
    ("✗", "failed"),
    ("!", "error"),
    ("≈", "allowed"),
    ("–", "skipped"),
)
_SECTION_WIDTH = 20
_BACKEND_WIDTH = 14


class CheckProgress:
    """Shows a bar on a terminal, and otherwise a line for each backend that is done."""

    def __init__(self, stream: IO[str]) -> None:
        self._console = Console(file=stream, highlight=False)
        self._left: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> "CheckProgress":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def begin(self, cases: Counter[str]) -> None:
        """So many cases will be run on each backend."""
        self._left = Counter(cases)
        self._task = self._bar.add_task("starting", total=cases.total())

    def note(self, result: CaseResult) -> None:
        """One case has ended."""
        backend = result.backend
        self._left[backend] -= 1
        self._failed[backend] += result.outcome in {"failed", "error"}
        if self._task is not None:
            self._bar.update(self._task, advance=1, description=backend)
        if not self._left[backend]:
            self._console.print(f"{backend}: {self._failed[backend] or 'none'} failed")


def print_result(result: SuiteResult, console: Console) -> None:
    """Prints the matrix, the failures, the allowed differences, and one line for all."""
    backends = list(dict.fromkeys(case.backend for case in result.results))
    for some in _batches(backends, max(1, (console.width - _SECTION_WIDTH) // _BACKEND_WIDTH)):
        console.print(_matrix(result, some))
    for line in [*_failures(result.results), *_allowed(result.results)]:
        console.print(line, soft_wrap=True)
    numbers = ", ".join(f"{result.count(kind)} {kind}" for kind in OUTCOMES)
    console.print(f"{len(result.results)} cases on {len(backends)} backends: {numbers}")


def _matrix(result: SuiteResult, backends: Sequence[str]) -> Table:
    table = Table("section", caption=_CAPTION)
    for backend in backends:
        # The parts of a stack's name stand below each other.
        heading = backend if "//" in backend else backend.replace(":", "\n")
        table.add_column(heading, justify="right")
    for section, row in result.matrix().items():
        table.add_row(section, *(_cell(row.get(backend, Counter())) for backend in backends))
    return table


def _cell(counts: Counter[Outcome]) -> Text:
    if not counts:
        return Text("–", "dim")
    marked = (f"{mark}{counts[kind]}" for mark, kind in _MARKS if counts[kind])
    bad = counts["failed"] or counts["error"]
    return Text(" ".join([f"{counts['passed']}", *marked]), "red" if bad else "green")


def _failures(results: Iterable[CaseResult]) -> Iterator[Text]:
    """Each case that failed: where, which sentences of the contract it holds, what happened."""
    grouped: dict[str, list[CaseResult]] = defaultdict(list)
    for result in results:
        if result.outcome in {"failed", "error"}:
            grouped[result.case].append(result)
    for place, (case, failed) in enumerate(grouped.items()):
        if place == MOST_FAILURES_SHOWN:
            yield Text(f"… and {len(grouped) - place} failed cases more; --json lists all", "red")
            return
        first = failed[0]
        where = ", ".join(result.backend for result in failed)
        yield Text.assemble((f"✗ {case}", "red"), f" ({', '.join(first.sentences)}) on {where}")
        exchange = _told(first.exchanges[-1]) if first.exchanges else []
        for line in [*exchange, *first.reason.splitlines()[:LINES_A_FAILURE]]:
            yield Text(f"    {line}")


def _told(wire: Wire) -> list[str]:
    return [
        f"{what} {data[:SHOWN_BYTES]!r}{'…' if len(data) > SHOWN_BYTES else ''}"
        for what, data in (("sent", wire.sent), ("got", wire.received))
    ]


def _allowed(results: Iterable[CaseResult]) -> Iterator[Text]:
    """Each reason, with the tests and backends that it is given for."""
    grouped: dict[tuple[str, str], list[str]] = defaultdict(list)
    for result in results:
        if result.outcome == "allowed":
            test = result.case.partition("[")[0]
            grouped[test, result.reason].append(result.backend)
    for (test, reason), backends in grouped.items():
        where = ", ".join(f"{name} ({cases})" for name, cases in Counter(backends).items())
        yield Text.assemble((f"≈ {test}", "yellow"), f" on {where}: {reason}")


def _batches(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), size):
        yield names[start : start + size]
