"""`podium check`: the contract suite against stacks that it launches, or any URL."""

from pathlib import Path
from typing import Any

import click

_FILE = click.Path(path_type=Path, dir_okay=False)
_READ = click.Path(path_type=Path, dir_okay=False, exists=True)
_FOR_URLS = ("prefix", "headers", "sample", "ca_file", "insecure")
EPILOG = """\b
Examples:
  podium check flask:gunicorn fastapi
  podium check --url https://host/v1 --header "Authorization: Bearer $KEY" --out report
  podium check --url https://host/v1 --header @secret-fields.txt
  podium check --compare old.jsonl new.jsonl
"""


@click.command(epilog=EPILOG)
@click.argument("stacks", metavar="[STACK…]", nargs=-1)
@click.option(
    "--url", "urls", multiple=True, help="Check a backend that runs already; may be repeated."
)
@click.option("--prefix", default="", metavar="/P", help="Goes before every path of each --url.")
@click.option(
    "--header",
    "headers",
    multiple=True,
    metavar="'NAME: VALUE'",
    help="Sent with every request to each --url; its value is never written down. @FILE takes "
    "such lines from a file, @- from standard input. May be repeated.",
)
@click.option(
    "--sample",
    type=_READ,
    metavar="F",
    help='Rows that the model of each --url takes: {"rows":[[…],…],"predictions":[…]}, the latter '
    "if known. What only the suite's own model can answer is skipped.",
)
@click.option("--ca-file", type=_READ, metavar="F", help="Trust these authorities for TLS.")
@click.option("--insecure", is_flag=True, help="Trust any certificate.")
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(0.1),
    default=10.0,
    show_default=True,
    metavar="S",
    help="How long each --url may take for an answer.",
)
@click.option("--section", "sections", multiple=True, help="Only this section; may be repeated.")
@click.option("--skip", "skipped", multiple=True, metavar="SECTION", help="All but this section.")
@click.option("--case", "cases", multiple=True, metavar="N", help="Only this case, such as 4.2.1.")
@click.option("--list", "listed", is_flag=True, help="Run nothing: list the cases.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False, writable=True),
    metavar="DIR",
    help="Write check.html, check.json, junit.xml and badge.svg.",
)
@click.option("--junit", type=_FILE, metavar="F", help="Write a JUnit file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of the matrix.")
@click.option("--record", type=_FILE, metavar="F", help="Write every exchange, to be compared.")
@click.option(
    "--compare",
    type=_READ,
    nargs=2,
    metavar="OLD NEW",
    help="Run nothing: tell what two recordings answer differently.",
)
@click.pass_context
def command(ctx: click.Context, /, **options: Any) -> int:
    """Run the contract suite against stacks, or against any URL; print the matrix.

    Without STACK and --url it checks every stack that can run here. Exit code 1: the contract is
    broken somewhere, or two recordings differ; 2: a backend could not be checked.
    """
    from podium import check_run as actions  # noqa: PLC0415 (each command imports what it uses)

    asked = actions.CheckOptions(**options)
    given = [name for name in _FOR_URLS if options[name]]
    if given and not asked.urls:
        raise click.UsageError(f"--{given[0].replace('_', '-').rstrip('s')} needs --url", ctx)
    if asked.prefix and not asked.prefix.startswith("/"):
        raise click.BadParameter("a prefix begins with a slash", ctx, param_hint="--prefix")
    if asked.listed:
        return actions.list_cases(asked)
    return actions.compare_recordings(asked) if asked.compare else actions.check(asked)
