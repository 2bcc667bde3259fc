"""Options that several commands take."""

from pathlib import Path

import click

entries_option = click.option(
    "--entry",
    "entries",
    metavar="DIR",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Also an implementation of your own: a folder with app.py and entry.toml.",
)
