"""`docs/settings.md`: every option and every environment variable, from the code itself.

`make settings` writes it.
"""

import ast
import inspect
import itertools
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from podium.__main__ import COMMANDS, podium
from shared.settings import GuardSettings, Settings

CHECKOUT = Path(__file__).parents[1]
PROGRAMS = {
    "The Locust users, stock and engine": (
        "benchmarks/locustfile.py",
        "benchmarks/engine/locustfile.py",
        "benchmarks/engine/users/user.py",
    ),
    "The suite under pytest (`pytest contract_tests`)": ("contract_tests/conftest.py",),
    "`make bench-engine`": ("benchmarks/generators/command.py",),
    "`make bench-model`": ("benchmarks/model_speed/command.py",),
    "`make bench-conformity`": ("benchmarks/conformity/command.py",),
    "`make bench-model-calls`": ("benchmarks/model_calls/command.py",),
    "`make bench-peers`": ("benchmarks/peers/command.py",),
}
"""What has options beside `podium`, and the files that add them."""

VARIABLES = {
    "PODIUM_CACHE_DIR": "Folder of trained models, calibrations, environments of other versions, "
    "exported revisions and examples of `podium fuzz`.",
    "XDG_CACHE_HOME": "Without PODIUM_CACHE_DIR, the folder whose `podium` is that; by default "
    "`~/.cache`.",
    "PODIUM_MODELS_DIR": "Folder of the model registry.",
    "XDG_DATA_HOME": "Without PODIUM_MODELS_DIR, the folder whose `podium/models` is that; by "
    "default `~/.local/share`.",
    "PODIUM_DEBUG": "With 1, an error that ends a command with 2 shows its traceback too.",
    "PODIUM_ENTRY_DIRECTORY": "Folder of the implementation that a server process serves.",
    "PODIUM_ENTRY_PACKAGES": "Distributions of which a server process says the versions that it "
    "found in itself.",
    "HOME": "Home directory, below which `~/.cache` lies; the same for server processes.",
    "COLUMNS": "Width of what is printed, in characters.",
    "OPENBLAS_CORETYPE": "Kind of processor for which OpenBLAS computes; the same for server "
    "processes.",
    "PEER_MODEL": "File of the model that `make bench-peers` hands to other model servers.",
    "TMPDIR": "Folder of a launched stack's own folder; without it that is in `/dev/shm` on Linux.",
    "PYTHONPATH": "Further folders of modules for podium's own processes, after the checkout.",
    "WEB_CONCURRENCY": "Number of workers that gunicorn or uvicorn, started directly, was asked "
    "for; a service refuses those that would count apart.",
    "GUNICORN_CMD_ARGS": "The same, in gunicorn's further arguments.",
    "UVICORN_WORKERS": "The same, for uvicorn.",
    "GRANIAN_WORKERS": "The same, for granian.",
    "CI": "With `true`, a test that is skipped is a failure.",
}
"""The variables that are read beside those of a service's settings."""

HEAD = """\
# Settings

Every option and every environment variable, written by `make settings` from the code.
`podium COMMAND --help` has examples and exit codes too.
"""


def page() -> str:
    """Return the page."""
    parts = [HEAD]
    for name in COMMANDS:
        for path, command in _leaves(name, podium.get_command(click.Context(podium), name)):
            parts += [f"## `podium {path}`\n", *_table(("option", "meaning"), _options(command))]
    for name, files in PROGRAMS.items():
        rows = [row for file in files for row in _added(CHECKOUT / file)]
        parts += [f"## {name}\n", *_table(("option", "meaning"), rows)]
    parts += [
        "## Variables of a service\n",
        "A server process reads them, however it was started; `podium serve` sets them.\n",
        *_table(("variable", "default", "meaning"), _settings()),
        "## Other variables\n",
        *_table(("variable", "meaning"), [(f"`{name}`", VARIABLES[name]) for name in VARIABLES]),
    ]
    return "\n".join(parts)


def _leaves(path: str, command: click.Command | None) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from _leaves(f"{path} {name}", below)
    elif command is not None:
        yield path, command


def _options(command: click.Command) -> Iterator[tuple[str, str]]:
    """Yield each option as the command's help shows it."""
    context = click.Context(command)
    for parameter in command.params:
        if isinstance(parameter, click.Option) and (shown := parameter.get_help_record(context)):
            yield f"`{shown[0]}`", shown[1]


def _added(file: Path) -> Iterator[tuple[str, str]]:
    """Yield the options that a file adds to somebody's parser; importing it would do more."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in {"add_argument", "addoption"}
        ):
            names = [word.value for word in node.args if isinstance(word, ast.Constant)]
            given = {
                word.arg: str(word.value.value)
                for word in node.keywords
                if isinstance(word.value, ast.Constant)
            }
            if names and str(names[0]).startswith("--"):
                shown = " ".join(filter(None, [str(names[0]), given.get("metavar")]))
                yield f"`{shown}`", given.get("help", "")


def _settings() -> Iterator[tuple[str, str, str]]:
    """Yield each of a service's variables; the docstring of its field is its meaning."""
    meanings: dict[str, str] = {}
    for kind in (GuardSettings, Settings):
        (body,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
        if isinstance(body, ast.ClassDef):
            for line, text in itertools.pairwise(body.body):
                if isinstance(line, ast.AnnAssign) and isinstance(text, ast.Expr):
                    meanings[ast.unparse(line.target)] = ast.literal_eval(text.value)
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else f"`{field.default}`"
        yield f"`PODIUM_{name.upper()}`", default, meanings[name]


def _table(
    head: Sequence[str], rows: Iterator[Sequence[str]] | Sequence[Sequence[str]]
) -> list[str]:
    cells = [head, ["---"] * len(head), *rows]
    lines = [
        "| " + " | ".join(" ".join(cell.replace("|", "\\|").split()) for cell in row) + " |"
        for row in cells
    ]
    return ["\n".join(lines) + "\n"]


if __name__ == "__main__":
    print(page(), end="")
