"""A gate's report for the pull request that it is about: a Markdown comment of at most 60 lines.

Its first line is the same for every study of a head, so that a bot finds the comment and replaces
it.
"""

from collections.abc import Iterator

from reports.analysis.findings import GateFinding, Report
from reports.errors import NoGate
from reports.wording import formats
from reports.wording.gate import OUTCOMES

PULL_REQUEST = "pull-request.md"
MOST_LINES = 60
MOST_CAVEATS = 12
SIGNS = {
    "red": "\N{CROSS MARK}",
    "green": "\N{WHITE HEAVY CHECK MARK}",
    "undecided": "\N{BLACK QUESTION MARK ORNAMENT}",
}


def pull_request(report: Report) -> str:
    """Return the comment, the same bytes for the same report; raises NoGate."""
    gate = report.gate
    if gate is None:
        raise NoGate
    lines = [
        marker(gate),
        f"### {SIGNS[gate.outcome]} {_cell(gate.headline)}",
        "",
        *_table(gate),
        "",
        *(f"- {_cell(one.sentence)}." for one in gate.operations if one.outcome == "undecided"),
        *_caveats(report),
        "",
        f"`{report.command}`",
    ]
    return "\n".join(lines[:MOST_LINES]) + "\n"


def marker(gate: GateFinding) -> str:
    """Return the comment's first line, by which a bot knows it."""
    # Two hyphens would end an HTML comment.
    return f"<!-- podium gate: {gate.head.replace('--', '-')} -->"


def _table(gate: GateFinding) -> Iterator[str]:
    yield f"| operation | change of the rate against {_cell(gate.base)} | with its interval | |"
    yield "| --- | ---: | ---: | --- |"
    for one in gate.operations:
        shown, interval = "", ""
        if one.ratio is not None and one.ratio_low is not None and one.ratio_high is not None:
            shown = formats.change(one.ratio)
            interval = f"{formats.change(one.ratio_low)} to {formats.change(one.ratio_high)}"
        yield f"| {one.operation} ({one.shape}) | {shown} | {interval} | {OUTCOMES[one.outcome]} |"


def _caveats(report: Report) -> Iterator[str]:
    told = report.caveats[:MOST_CAVEATS]
    yield from (f"- {_cell(f'{one.sentence} {one.remedy}'.strip())}" for one in told)
    if left := len(report.caveats) - len(told):
        yield f"- {left} more in the report."


def _cell(text: str) -> str:
    """Return a text on one line that ends no cell of a table."""
    return " ".join(text.replace("|", "\\|").split())
