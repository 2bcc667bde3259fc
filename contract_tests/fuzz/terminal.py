"""The terminal output of `podium fuzz`: progress, then statuses and differences."""

import dataclasses
from typing import IO

from rich.progress import Progress, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from contract_tests.fuzz.run import FuzzResult
from contract_tests.fuzz.watch import MOST_GROWTH_RATIO
from reports.console import Console, Figures, progress_columns

# Those that the contract's table names, 500 excepted: it is a finding.
STATUSES = (200, 204, 304, 400, 401, 404, 405, 413, 415, 422, 429, 503)
_EVERY = 1000


class FuzzProgress:
    """Shows a bar on a terminal, and otherwise a line now and then."""

    def __init__(self, stream: IO[str], requests: int) -> None:
        self._console = Console(stream)
        self._bar = Progress(
            *progress_columns(),
            TimeElapsedColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("launching", total=requests)
        self._said: tuple[str, int] | None = None

    def __enter__(self) -> "FuzzProgress":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def note(self, phase: str, requests: int) -> None:
        """Show the phase and the number of requests sent."""
        self._bar.update(self._task, completed=requests, description=phase)
        saying = (phase, requests // _EVERY)
        if self._bar.disable and saying != self._said:
            self._console.print(f"{phase}: {requests:,} requests")
        self._said = saying


def print_result(result: FuzzResult, console: Console) -> None:
    """Print statuses, allowed differences, memory, findings, and a summary line."""
    tally = result.tally
    console.print(Figures(_statuses(result)))
    console.print(
        f"malformed HTTP: {tally.malformed.total():,}, of which "
        + ", ".join(f"{count:,} {what}" for what, count in tally.malformed.most_common())
    )
    for what, count in tally.allowed.items():
        console.print(Text(f"≈ {what}: allowed, {count:,} ×"))
    for name, count in result.reopened.items():
        if count:
            console.print(f"≈ {name} closed a connection with unread content: {count:,} ×")
    for growth in sorted(result.growth, key=lambda growth: growth.ratio, reverse=True):
        mark = "✗" if growth.too_much else " "
        console.print(
            f"{mark} {growth.stack}, process {growth.pid}: {growth.before_bytes / 1e6:.1f} MB, "
            f"then {growth.after_bytes / 1e6:.1f} MB ({growth.ratio:+.1%})"
        )
    for name in result.replaced:
        console.print(f"✗ {name}: a process ended")
    for number, finding in enumerate(tally.findings, 1):
        console.print(Text(finding.as_case(number)), soft_wrap=True)
    console.print(_summary(result))


def document(result: FuzzResult) -> dict[str, object]:
    """The result as `--json` prints it."""
    tally = result.tally
    return {
        "passed": result.passed,
        "interrupted": result.interrupted,
        "seed": result.plan.seed,
        "backends": [*(stack.name for stack in result.plan.stacks), *result.plan.urls],
        "requests": tally.requests,
        "shrinking_requests": tally.shrinking,
        "duration_s": round(result.duration_s, 1),
        "success_ratio": round(_successes(result) / max(1, tally.requests), 4),
        "statuses": {str(status): tally.statuses[status] for status in _shown(result)},
        "malformed": dict(tally.malformed),
        "allowed": dict(tally.allowed),
        "connections_closed_unread": result.reopened,
        "memory": [
            {**dataclasses.asdict(growth), "growth_ratio": round(growth.ratio, 4)}
            for growth in result.growth
        ],
        "replaced": result.replaced,
        "findings": [
            {
                "case": finding.as_case(number),
                "seed": finding.seed,
                "request": finding.request,
                "repeats": finding.repeats,
                "groups": [list(names) for names, _ in finding.difference.groups],
            }
            for number, finding in enumerate(tally.findings, 1)
        ],
        "findings_met_again": tally.repeated,
    }


def _statuses(result: FuzzResult) -> Table:
    statuses, requests = result.tally.statuses, max(1, result.tally.requests)
    table = Table("status", "answers", "of all requests", box=None)
    for status in _shown(result):
        table.add_row(str(status), f"{statuses[status]:,}", f"{statuses[status] / requests:.1%}")
    return table


def _shown(result: FuzzResult) -> list[int]:
    return sorted({*STATUSES, *result.tally.statuses})


def _successes(result: FuzzResult) -> int:
    return sum(count for status, count in result.tally.statuses.items() if status < 300)


def _summary(result: FuzzResult) -> str:
    tally = result.tally
    backends = len(result.plan.stacks) + len(result.plan.urls)
    memory = (
        f", no process grew by more than {MOST_GROWTH_RATIO:.0%}"
        if result.growth and not any(growth.too_much for growth in result.growth)
        else ""
    )
    return (
        f"{tally.requests:,} requests to {backends} backends in {result.duration_s:.0f} s, seed "
        f"{result.plan.seed}, {_successes(result) / max(1, tally.requests):.0%} of them "
        f"successes: {len(tally.findings)} differences{memory}"
    )
