"""`podium report`: pages from a study file."""

import sys
from pathlib import Path

import click

EXAMPLE = "podium report studies/2025-06-01.study --out report"


@click.command(epilog=f"Example: {EXAMPLE}")
@click.argument("study", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Directory for report.html, report.md and report.json.  [default: beside the study]",
)
@click.option("--json", "as_json", is_flag=True, help="Print report.json instead of the tables.")
def command(study: Path, out: Path | None, as_json: bool) -> None:
    """Make the report of a study again: verdicts, numbers, charts."""
    from rich.console import Console  # noqa: PLC0415 (each command imports only what it uses)

    from reports.pages.report_json import report_json  # noqa: PLC0415
    from reports.pages.terminal import render  # noqa: PLC0415
    from reports.write import default_directory, write_report  # noqa: PLC0415

    paths = write_report(study, out or default_directory(study))
    if as_json:
        print(report_json(paths.report), end="")
    else:
        Console().print(render(paths.report))
    print(f"The report is in {paths.html}, {paths.markdown} and {paths.json}", file=sys.stderr)
