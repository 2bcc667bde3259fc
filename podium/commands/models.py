"""`podium models`: the models that a backend can serve."""

from pathlib import Path

import click

from podium.commands.options import closing, require_writable, said_if_slow
from shared.model.files import store
from shared.model.training import MODEL_NAMES, ModelName, train


@click.group("models", epilog=closing("podium models train iris --file iris.skops", ok="as wanted"))
def command() -> None:
    """Make the models that a backend can serve."""


@command.command(
    "train",
    epilog=closing(
        "podium models train diabetes --file diabetes.skops",
        "PODIUM_MODEL_FILE=diabetes.skops podium serve flask",
        ok="written",
    ),
)
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
    regression (ten values of a patient in, a number out). To serve the file, name it with
    `podium serve --model-file` or in PODIUM_MODEL_FILE; other commands measure podium's own iris.
    """
    require_writable(file)
    with said_if_slow(f"training {name}"):
        store(train(name), file)
    click.echo(f"wrote the model {name} to {file}")
    return 0
