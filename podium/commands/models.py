"""`podium models`: the models that a backend can serve."""

from pathlib import Path

import click

from shared.model.files import store
from shared.model.training import MODEL_NAMES, ModelName, train


@click.group("models")
def command() -> None:
    """Make the models that a backend can serve.

    \b
    Examples:
      podium models train iris --file iris.skops
      podium models train --help
    """


@command.command("train")
@click.argument("name", type=click.Choice(MODEL_NAMES), metavar="NAME")
@click.option(
    "--file",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    metavar="FILE",
    help="Write the model to this file, in place of what is there.",
)
def train_command(*, name: ModelName, file: Path) -> int:
    """Train the model NAME and write it to a file.

    NAME is iris, a classifier (four measurements of a flower in, its species out), or diabetes, a
    regression (ten values of a patient in, a number out). To serve the file, name it in
    PODIUM_MODEL_FILE.

    \b
    Examples:
      podium models train diabetes --file diabetes.skops
      PODIUM_MODEL_FILE=diabetes.skops podium serve flask

    Exit codes: 0 written; 2 the file cannot be written, or the command is wrong.
    """
    store(train(name), file)
    click.echo(f"wrote the model {name} to {file}")
    return 0
