"""The terminal output of `podium check`: progress, then the matrix and the failures."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO

from rich.progress import Progress, TaskID
from rich.table import Table
from rich.text import Text

from reports.check.comparison import RecordingComparison, RecordingDifference
from reports.check.results import OUTCOMES, CaseResult, Outcome, SuiteResult, WireBytes
from reports.console import UNLIMITED, Console, Figures, progress_columns
from reports.pages.check_report import TargetOf, counted
from reports.pages.difference import side_by_side
from reports.pages.failure_kinds import kind_words
from reports.pages.repeat.repeat import repeat
from reports.pages.repeat.target import RepeatTarget
from reports.pages.wire_text import printable

MOST_FAILURES_SHOWN = 20
LINES_A_FAILURE = 8
SHOWN_BYTES = 400
LINE_EACH_S = 10.0
TESTS_A_REASON = 3
LONGEST_LINE_TO_REPEAT = 600
_CAPTION = "passed; after ✗ failed, ! undecided, ≈ allowed to differ, – skipped"
_MARKS: tuple[tuple[str, Outcome], ...] = (
    ("✗", "failed"),
    ("!", "error"),
    ("≈", "allowed"),
    ("–", "skipped"),
)


class CheckProgress:
    """Shows a bar on a terminal, and elsewhere a line of progress every ten seconds."""

    def __init__(self, stream: IO[str], clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._printed_at = clock()
        self._cases: Counter[str] = Counter()
        self._console = Console(stream)
        self._left: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()
        self._bar = Progress(
            *progress_columns(),
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
        """Begin a run of this many cases on each backend."""
        self._cases, self._left = cases, Counter(cases)
        self._task = self._bar.add_task("starting", total=cases.total())

    def note(self, result: CaseResult) -> None:
        """Note a case that has ended."""
        backend = result.backend
        self._left[backend] -= 1
        self._failed[backend] += result.outcome in {"failed", "error"}
        failed = f"{self._failed[backend] or 'none'} failed"
        if self._task is not None:
            where = f"{backend} {result.section}, {failed}"
            self._bar.update(self._task, advance=1, description=where)
        if not self._left[backend]:
            self._console.print(f"{backend}: {failed}")
        elif not self._console.is_terminal and self._clock() - self._printed_at > LINE_EACH_S:
            self._printed_at = self._clock()
            done = self._cases[backend] - self._left[backend]
            self._console.print(f"{backend}: {done} of {self._cases[backend]} cases, {failed}")


def print_result(result: SuiteResult, console: Console, target_of: TargetOf) -> None:
    """Print the matrix, the failures, the allowed differences, and a summary line."""
    backends = list(dict.fromkeys(case.backend for case in result.results))
    for some in _that_fit(result, backends, console):
        console.print(Figures(_matrix(result, some)), width=console.table_width)
    console.print(_CAPTION, style="dim", soft_wrap=True)
    undecided = [case for case in result.results if case.outcome == "error"]
    failed = [case for case in result.results if case.outcome == "failed"]
    # A reason for which nothing was sent is printed once for all of its cases.
    shown = failed + [case for case in undecided if case.exchanges]
    unsent = [case for case in undecided if not case.exchanges]
    allowed = [case for case in result.results if case.outcome == "allowed"]
    for line in [
        *_failures(shown, target_of),
        *_grouped("!", "red", unsent),
        *_grouped("≈", "yellow", allowed),
    ]:
        console.print(line, soft_wrap=True)
    numbers = ", ".join(f"{result.count(kind)} {kind}" for kind in OUTCOMES)
    cases, on = counted(len(result.results), "case"), counted(len(backends), "backend")
    console.print(f"{cases} on {on}: {numbers}")


def _matrix(result: SuiteResult, backends: Sequence[str]) -> Table:
    table = Table("section")
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


def _failures(results: Iterable[CaseResult], target_of: TargetOf) -> Iterator[Text]:
    """The cases that failed, grouped by the kind of the first backend's reason.

    Of many, the first of each kind and test, so that one fault that many cases show hides no other.
    """
    by_case: dict[str, list[CaseResult]] = defaultdict(list)
    for result in results:
        by_case[result.case].append(result)
    kinds: dict[str, dict[str, list[list[CaseResult]]]] = defaultdict(lambda: defaultdict(list))
    for case, failed in by_case.items():
        kinds[_kind(failed)][_test(case)].append(failed)
    many = len(by_case) > MOST_FAILURES_SHOWN
    firsts = [(kind, next(iter(tests))) for kind, tests in kinds.items()]
    groups = dict.fromkeys([*firsts, *((kind, test) for kind in kinds for test in kinds[kind])])
    shown = [*groups][:MOST_FAILURES_SHOWN] if many else [*groups]
    for kind, tests in kinds.items():
        count = sum(map(len, tests.values()))
        yield Text(f"{kind}: {counted(count, 'case')}", "bold")
        for test, cases in tests.items():
            if (kind, test) not in shown:
                continue
            for failed in cases[:1] if many else cases:
                yield from _failure(failed, target_of)
            if many and len(cases) > 1:
                yield Text(f"  … and {counted(len(cases) - 1, 'case')} more of this test")
    if left := sum(len(kinds[kind][test]) for kind, test in groups if (kind, test) not in shown):
        yield Text(f"… and {counted(left, 'failed case')} more; --out DIR shows all", "red")


def _kind(failed: Sequence[CaseResult]) -> str:
    reason = failed[0].reason
    return "failed" if reason is None else kind_words(reason.kind)


def _failure(failed: Sequence[CaseResult], target_of: TargetOf) -> Iterator[Text]:
    """One case: where it failed, which sentences of the contract it holds, what happened."""
    first = failed[0]
    where = ", ".join(result.backend for result in failed)
    name = f"✗ {first.number} {first.case}" if first.number else f"✗ {first.case}"
    yield Text.assemble((name, "red"), f" ({', '.join(first.sentences)}) on {where}")
    target = target_of(first.backend)
    exchange = _exchange_lines(first.exchanges[-1], target) if first.exchanges else []
    compared = first.expected or first.actual
    wrong = _differing(first) if compared else []
    text = first.reason.message if compared and first.reason else first.sentence
    lines = [*printable(text).splitlines(), *wrong][:LINES_A_FAILURE]
    for line in [first.title, *exchange, *lines]:
        yield Text(f"    {line}")


def _test(case: str) -> str:
    """The test that a case is of."""
    return case.partition("[")[0]


def _differing(failed: CaseResult) -> Iterator[str]:
    """The lines in which expected and actual differ."""
    for sides in side_by_side(failed.expected, failed.actual):
        for what, line in zip(("expected", "actual  "), sides, strict=True):
            if line is not None and any(part.differs for part in line):
                yield f"{what} {printable(''.join(part.text for part in line))}"


def _exchange_lines(wire: WireBytes, target: RepeatTarget) -> Iterator[str]:
    for what, data in (("sent", wire.sent), ("got", wire.received)):
        yield f"{what} {data[:SHOWN_BYTES]!r}{'…' if len(data) > SHOWN_BYTES else ''}"
    again = repeat(wire.sent, target)
    if again.kind == "curl" and len(again.text) <= LONGEST_LINE_TO_REPEAT:
        served = f"podium serve {target.stack}, then " if target.stack else ""
        yield f"repeat with: {served}{again.text}"
    else:
        yield "repeat with the script that --out DIR writes"


def _grouped(mark: str, style: str, results: Iterable[CaseResult]) -> Iterator[Text]:
    """Each reason, with the tests and backends that it is given for."""
    grouped: dict[str, list[CaseResult]] = defaultdict(list)
    for result in results:
        grouped[result.sentence].append(result)
    for reason, cases in grouped.items():
        tests = list(dict.fromkeys(_test(case.case) for case in cases))
        names = ", ".join(tests[:TESTS_A_REASON])
        more = f" and {len(tests) - TESTS_A_REASON} tests more" * (len(tests) > TESTS_A_REASON)
        counts = Counter(case.backend for case in cases)
        where = ", ".join(f"{name} ({number})" for name, number in counts.items())
        yield Text.assemble((f"{mark} {names}{more}", style), f" on {where}: {printable(reason)}")


def _that_fit(
    result: SuiteResult, backends: Sequence[str], console: Console
) -> Iterator[Sequence[str]]:
    """Yield the backends whose columns fit side by side."""
    wide = console.options.update(max_width=UNLIMITED)
    some: list[str] = []
    for backend in backends:
        table = _matrix(result, [*some, backend])
        if some and console.measure(table, options=wide).maximum > console.table_width:
            yield some
            some = []
        some = [*some, backend]
    if some:
        yield some


def print_comparison(comparison: RecordingComparison, console: Console) -> None:
    """Print the differences between two recordings, and a summary line."""
    for found in comparison.differences:
        for line in _difference(found):
            console.print(line, soft_wrap=True)
    for name in comparison.only_one:
        console.print(Text(f"only in one recording: {name}", "dim"), soft_wrap=True)
    differing = len({(found.backend, found.case) for found in comparison.differences})
    said = f"{differing} differ" if differing else "all answered alike"
    console.print(f"{comparison.compared} cases in both recordings: {said}")


def _difference(found: RecordingDifference) -> Iterator[Text]:
    yield Text.assemble((f"≠ {found.number} {found.case}", "red"), f" on {found.backend}")
    yield Text(f"    {found.title}")
    if found.sent:
        yield Text(f"    sent {found.sent[:SHOWN_BYTES]!r}")
    for sides in side_by_side(found.old, found.new):
        for sign, line in zip("-+", sides, strict=True):
            if line is not None and any(part.differs for part in line):
                yield Text(f"    {sign} {printable(''.join(part.text for part in line))}")
