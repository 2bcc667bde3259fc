"""`podium check`: the contract suite against stacks that it launches, or any URL."""

import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from contract_tests.results import CaseResult, SuiteResult


@click.command(
    epilog="Example: podium check flask:gunicorn fastapi, or podium check --url http://host:5000"
)
@click.argument("stacks", metavar="[STACK…]", nargs=-1)
@click.option(
    "--url", "urls", multiple=True, help="Check a backend that runs already; may be repeated."
)
@click.option(
    "--junit",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    metavar="F",
    help="Also write the results as a JUnit file.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of the matrix.")
def command(
    stacks: tuple[str, ...], urls: tuple[str, ...], junit: Path | None, as_json: bool
) -> int:
    """Run the contract suite against stacks, or against any URL; print the matrix.

    Without STACK and --url it checks every stack that can run here. Exit code 1: the contract is
    broken somewhere.
    """
    from rich.console import Console  # noqa: PLC0415 (each command imports what it uses)

    from contract_tests import selection  # noqa: PLC0415
    from contract_tests.suite_run import run_suite  # noqa: PLC0415
    from podium.check_report import CheckProgress, print_result  # noqa: PLC0415

    chosen = stacks or (() if urls else (selection.ALL,))
    sources = selection.stacks(chosen) + selection.urls(urls)
    with CheckProgress(sys.stderr) as progress:
        result = run_suite(sources, progress, junit)
    if as_json:
        print(json.dumps(document(result), indent=2, ensure_ascii=False))
    elif result.results:
        print_result(result, Console())
    for reason in result.not_opened.values():
        print(f"podium: {reason}", file=sys.stderr)
    return 2 if result.not_opened else 0 if result.passed else 1


def document(result: "SuiteResult") -> dict[str, object]:
    """The result as `--json` prints it."""
    return {
        "passed": result.passed,
        "cases": len(result.results),
        "sections": {
            section: {backend: dict(counts) for backend, counts in row.items()}
            for section, row in result.matrix().items()
        },
        "not_checked": result.not_opened,
        "not_passed": [_case_document(case) for case in result.results if case.outcome != "passed"],
    }


def _case_document(result: "CaseResult") -> dict[str, object]:
    """One result; bytes are written as Latin-1 text, one character a byte."""
    exchanges = [
        {"sent": wire.sent.decode("latin-1"), "received": wire.received.decode("latin-1")}
        for wire in result.exchanges
    ]
    return {**dataclasses.asdict(result), "exchanges": exchanges}
