"""`podium history`: many studies as one page."""

import sys
from pathlib import Path

import click

from podium.commands.options import closing, json_option, said_if_slow


@click.command(
    "history",
    epilog=closing(
        "podium history studies --bridge falcon:gunicorn",
        "podium history studies --out page.html --json",
        ok="written",
    ),
)
@click.argument(
    "directory", metavar="DIR", type=click.Path(path_type=Path, file_okay=False, exists=True)
)
@click.option(
    "--bridge",
    "bridges",
    metavar="STACK",
    multiple=True,
    help="Relate all speeds to this stack's in the same study. May be repeated.  "
    "[default: the stacks that are in all studies and of which nothing recorded tells a change]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Page to write.  [default: history.html in DIR]",
)
@json_option
def command(directory: Path, bridges: tuple[str, ...], out: Path | None, as_json: bool) -> None:
    """Show the stacks of all studies in DIR over time, as one page.

    Each stack has a line in each operation: its rate in a closed loop, as a share of the bridges'
    in the same study, so that what the machine does to all stacks cancels. Versions are marked
    where they change. In lines of more than ten studies Apache Otava looks for lasting changes,
    where the program otava is installed.
    """
    # Each command imports only what it uses.
    from reports.history.history import history  # noqa: PLC0415
    from reports.pages.history import history_json, html, print_history  # noqa: PLC0415
    from reports.wording.history import worded_history  # noqa: PLC0415
    from reports.write import write_whole  # noqa: PLC0415

    page = out or directory / "history.html"
    with said_if_slow(f"reading the studies in {directory}"):
        found = worded_history(history(directory, bridges))
        write_whole(page, html(found))
    if as_json:
        print(history_json(found), end="")
    else:
        print_history(found)
    print(f"The page is {page}", file=sys.stderr)
