"""`podium report`: pages from a study file."""

import sys
from pathlib import Path

import click

from podium.commands.options import (
    closing,
    details_option,
    json_option,
    late_after_option,
    refuse_details,
    said_if_slow,
)


@click.command(
    "report",
    epilog=closing("podium report studies/2025-06-01.study --out report", ok="written"),
)
@click.argument("study", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Directory for report.html, report.md, report.json and digests.txt.  "
    "[default: beside the study]",
)
@late_after_option
@details_option
@json_option
def command(
    study: Path, out: Path | None, late_after_s: float | None, details: bool, as_json: bool
) -> None:
    """Make the report of STUDY again: verdicts, numbers, charts."""
    refuse_details(as_json=as_json)
    # Each command imports only what it uses.
    from reports.pages.report_json import report_json  # noqa: PLC0415
    from reports.pages.terminal import print_report  # noqa: PLC0415
    from reports.write import default_directory, write_report  # noqa: PLC0415

    with said_if_slow(f"making the report of {study}"):
        paths = write_report(study, out or default_directory(study), late_after_s)
    if as_json:
        print(report_json(paths.report), end="")
    else:
        print_report(paths.report, details=details)
    print(f"The report is in {paths.html}, {paths.markdown} and {paths.json}", file=sys.stderr)
