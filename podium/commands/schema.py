"""`podium schema`: the JSON Schemas of the formats that podium writes."""

import importlib

import click

from podium import streams
from podium.commands.options import closing

_MODULES = {
    "check": "reports.pages.check_report",
    "diff": "reports.pages.diff",
    "history": "reports.pages.history",
    "load": "reports.load.result",
    "report": "reports.pages.report_json",
}


@click.command(
    "schema",
    epilog=closing(
        "podium schema check", "podium schema report > report.schema.json", ok="printed"
    ),
)
@click.argument("name", metavar="FORMAT", type=click.Choice(tuple(_MODULES)))
def command(name: str) -> int:
    """Print the JSON Schema of FORMAT: check, diff, history, load or report.

    check is check.json and `podium check --json`, diff is `podium diff --json`, history is
    `podium history --json`, load is `podium load --json`, and report is report.json.
    """
    streams.print_for_programs()
    print(importlib.import_module(_MODULES[name]).schema_text(), end="")
    return 0
