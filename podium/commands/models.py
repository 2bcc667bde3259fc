"""`podium models`: the registry of the models that a backend can serve."""

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from podium.commands.options import closing, json_option, said_if_slow
from shared.model.built_in import BUILT_IN_NAMES, BuiltInName
from shared.model.errors import BadRows, ModelFileUnusable
from shared.model.manifest import Cell, Manifest
from shared.model.registry import Registry, open_registry, parse_identity
from shared.model.version import open_version, read_manifest

_READ = click.Path(path_type=Path, dir_okay=True)
_identity = click.argument("identity", metavar="NAME[@VERSION]")


@click.group(
    "models",
    epilog=closing(
        "podium models add churn.skops --name churn --sample rows.csv",
        "podium serve flask --model churn",
        ok="as wanted",
    ),
)
def command() -> None:
    """Keep the models that a backend can serve, in numbered versions.

    The registry is in PODIUM_MODELS_DIR, by default in your data directory. A version is never
    changed: its files are checked each time it is opened, and its engines have been proved to
    answer as scikit-learn does.
    """


@command.command("list", epilog=closing("podium models list", ok="listed"))
@json_option
def list_command(*, as_json: bool) -> int:
    """List the models, their versions and the one in use."""
    registry = open_registry()
    found = [_listed(registry, name) for name in registry.names()]
    if as_json:
        _print_json(found)
        return 0
    for one in found:
        versions = ", ".join(one["versions"])
        click.echo(f"{one['name']:<20} in use {one['in_use'] or '-':<6} versions {versions}")
    if not found:
        click.echo(f"No models yet in {registry.directory}; `podium models add --help` says how.")
    click.echo(f"podium's own, served without a registry: {', '.join(BUILT_IN_NAMES)}")
    return 0


@command.command(
    "train",
    epilog=closing(
        "podium models train digits", "podium serve falcon:granian --model digits", ok="added"
    ),
)
@click.argument("name", type=click.Choice(BUILT_IN_NAMES), metavar="NAME")
@json_option
def train_command(*, name: BuiltInName, as_json: bool) -> int:
    """Train one of podium's own models into the registry: iris, digits, breast-cancer, diabetes.

    Each is trained on data that scikit-learn ships, and is always the same on one machine.
    """
    from shared.model.training import train  # noqa: PLC0415 (imports scikit-learn)

    with said_if_slow(f"training {name} and comparing its engines"):
        return _added(name, lambda: train(name), as_json=as_json)


@command.command(
    "add",
    epilog=closing(
        "podium models add churn.skops --name churn --sample rows.csv",
        "podium models add churn.skops --name churn --sample rows.csv --trust my_package.Scaler",
        "podium models add churn.joblib --name churn --sample rows.csv --unsafe-pickle",
        ok="added",
    ),
)
@click.argument("file", type=_READ)
@click.option("--name", required=True, metavar="N", help="Name of the model in the registry.")
@click.option(
    "--sample",
    required=True,
    type=_READ,
    metavar="CSV",
    help="Rows that the model takes; the first line names the columns, an empty field is missing.",
)
@click.option(
    "--trust",
    "trusted",
    multiple=True,
    metavar="TYPE",
    help="Load this type from the file, although scikit-learn and numpy have none of that name. "
    "May be repeated.",
)
@click.option(
    "--unsafe-pickle",
    is_flag=True,
    help="Read a pickle or joblib file. Whoever wrote it can run any program as you: only for a "
    "file that you made yourself.",
)
@json_option
def add_command(
    *,
    file: Path,
    name: str,
    sample: Path,
    trusted: tuple[str, ...],
    unsafe_pickle: bool,
    as_json: bool,
) -> int:
    """Add a fitted scikit-learn estimator or pipeline as a new version of a model.

    FILE is what skops.io.dump wrote. The sample's rows, with scikit-learn's answers, are what the
    model is checked, loaded and compared with. The first version of a model is in use at once; a
    later one when `podium models use` says so.
    """
    from shared.model.creation import NewModel  # noqa: PLC0415 (imports scikit-learn)
    from shared.model.files import (  # noqa: PLC0415
        read_estimator,
        read_pickled,
        sha256,
    )

    columns, rows = read_rows(sample)
    try:
        content = file.read_bytes()
    except OSError as exc:
        raise ModelFileUnusable(file, exc.strerror or str(exc)) from exc

    def make() -> Any:
        estimator = read_pickled(file) if unsafe_pickle else read_estimator(content, file, trusted)
        return NewModel(name, estimator, rows, columns, sha256(content))

    with said_if_slow(f"reading {file} and comparing its engines"):
        return _added(name, make, as_json=as_json)


@command.command("show", epilog=closing("podium models show iris@1 --json", ok="shown"))
@_identity
@json_option
def show_command(*, identity: str, as_json: bool) -> int:
    """Show a version: its features, its scores, its engines and how they compare."""
    registry = open_registry()
    manifest = read_manifest(registry.find(identity))
    if as_json:
        _print_json(manifest.model_dump(mode="json"))
    else:
        click.echo("\n".join(_lines(manifest)))
    return 0


@command.command("use", epilog=closing("podium models use churn@2", ok="in use"))
@_identity
@json_option
def use_command(*, identity: str, as_json: bool) -> int:
    """Switch a model to another version, once that has answered its own sample rows.

    Services that were started with `--model NAME` follow within a second, without losing a request.
    """
    registry = open_registry()
    open_version(registry.find(identity))
    pointer = registry.use(identity)
    return _pointed(parse_identity(identity)[0], pointer.version, as_json=as_json)


@command.command("rollback", epilog=closing("podium models rollback churn", ok="switched back"))
@click.argument("name")
@json_option
def rollback_command(*, name: str, as_json: bool) -> int:
    """Switch a model back to the version that was in use before."""
    return _pointed(name, open_registry().rollback(name).version, as_json=as_json)


@command.command("remove", epilog=closing("podium models remove churn@1", ok="removed"))
@_identity
@json_option
def remove_command(*, identity: str, as_json: bool) -> int:
    """Remove a version that is not in use, or by its name a model with all its versions."""
    open_registry().remove(identity)
    if as_json:
        _print_json({"removed": identity})
    else:
        click.echo(f"removed {identity}")
    return 0


def read_rows(path: Path) -> tuple[list[str], list[list[Cell]]]:
    """Return the columns and rows of a CSV file; raises `BadRows`.

    A column is of numbers if each of its fields is a number or empty.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            columns, *lines = [line for line in csv.reader(file) if line]
    except (OSError, ValueError, csv.Error) as exc:
        reason = getattr(exc, "strerror", None) or str(exc)
        raise BadRows(path, "it is empty" if "unpack" in reason else reason) from exc
    if not lines:
        raise BadRows(path, "there is no row below the first line")
    if len(set(columns)) < len(columns):
        raise BadRows(path, "two columns have one name")
    for number, line in enumerate(lines, 2):
        if len(line) != len(columns):
            raise BadRows(path, f"line {number} has {len(line)} fields, not {len(columns)}")
    parsed = [_column(fields) for fields in zip(*lines, strict=True)]
    return columns, [list(row) for row in zip(*parsed, strict=True)]


def _column(fields: Sequence[str]) -> list[Cell]:
    try:
        return [float(field) if field else None for field in fields]
    except ValueError:
        return [field or None for field in fields]


def _added(name: str, make: Callable[[], Any], *, as_json: bool) -> int:
    from shared.model.creation import make_version  # noqa: PLC0415 (imports scikit-learn)

    registry = open_registry()
    parse_identity(name)
    new = make()
    with registry.adding(name) as (version, directory):
        manifest = make_version(new, version, directory)
    in_use = registry.in_use(name).version
    if as_json:
        _print_json({**manifest.model_dump(mode="json"), "in_use": in_use})
        return 0
    click.echo("\n".join(_lines(manifest)))
    if in_use != manifest.version:
        click.echo(
            f"Version {in_use} stays in use; switch with: podium models use {name}@{version}"
        )
    return 0


def _lines(manifest: Manifest) -> list[str]:
    """Return a version in a few lines."""
    kind = "regression" if manifest.regression else f"{len(manifest.classes or [])} classes"
    shown = ", ".join(feature.name for feature in manifest.features[:6])
    more = len(manifest.features) - 6
    lines = [
        f"{manifest.name}@{manifest.version}: {kind}, made {manifest.made_at}",
        f"  features   {len(manifest.features)}: {shown}{f' and {more} more' if more > 0 else ''}",
    ]
    if manifest.scores:
        scores = ", ".join(f"{name} {score:.4g}" for name, score in manifest.scores.items())
        lines.append(f"  scores     {scores}, on rows it was not trained on")
    for name, report in manifest.engines.items():
        note = "the reference" if name == "sklearn" else "no compiled form"
        if report.parity is not None:
            count = sum(report.parity.rows.values())
            note = f"{count:,} rows differ by at most {report.parity.largest_difference:.1g}"
        if report.refused is not None:
            note = f"refused: {report.refused}"
        chosen = " (auto)" if name == manifest.engine else ""
        lines.append(f"  engine     {name}{chosen}: {note}")
    if not manifest.thread_safe:
        lines.append("  threads    not safe: scikit-learn is asked one request at a time")
    if manifest.trusted:
        lines.append(f"  trusted    {', '.join(manifest.trusted)}")
    return lines


def _pointed(name: str, version: str | None, *, as_json: bool) -> int:
    if as_json:
        _print_json({"name": name, "in_use": version})
    else:
        click.echo(f"{name}@{version} is in use")
    return 0


def _listed(registry: Registry, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "in_use": registry.in_use(name).version,
        "versions": registry.versions(name),
    }


def _print_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False))
