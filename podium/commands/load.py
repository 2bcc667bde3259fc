"""`podium load`: one load run through Locust, every answer checked."""

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from urllib.parse import urlsplit

import click

from benchmarks.driver import SliceOrder, Target
from benchmarks.histogram import decode, write_log
from benchmarks.load_run import LoadResult, run_load
from benchmarks.locust_driver import LocustDriver
from benchmarks.pinning import CoreSplit, split_cores
from benchmarks.plan import DEFAULT_CONNECTIONS
from benchmarks.workload import Reference, build_workload
from implementations.catalogue import Stack, find_stack
from implementations.launcher import LaunchOptions, launch
from reports.records import Shape
from shared.contract import MAX_ROWS, OPERATIONS, OperationName

DEFAULT_DURATION_S = 10.0


@click.command("load")
@click.argument("stack", required=False)
@click.option("--url", help="load a backend that is running already, such as http://host:5000")
@click.option("--operation", type=click.Choice(OPERATIONS), default="predict", show_default=True)
@click.option("--rows", default=1, show_default=True, type=click.IntRange(1, MAX_ROWS))
@click.option(
    "--connections", default=DEFAULT_CONNECTIONS, show_default=True, type=click.IntRange(1)
)
@click.option(
    "--duration",
    "duration_s",
    default=DEFAULT_DURATION_S,
    show_default=True,
    type=click.FloatRange(0.1),
    metavar="S",
)
@click.option("--rate", type=float, metavar="R", help="open loop: not yet with this driver")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1))
@click.option("--seed", type=click.IntRange(0), help="of what is asked; drawn if not given")
@click.option(
    "--hdr",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="F",
    help="write the times as an HdrHistogram log",
)
@click.option(
    "--entry",
    "entries",
    metavar="DIR",
    multiple=True,
    type=click.Path(path_type=Path),
    help="also an implementation of your own: a folder with app.py and entry.toml",
)
@click.option("--json", "as_json", is_flag=True, help="print the result as JSON")
def command(
    *,
    stack: str | None,
    url: str | None,
    operation: OperationName,
    rows: int,
    connections: int,
    duration_s: float,
    rate: float | None,
    workers: int,
    seed: int | None,
    hdr: Path | None,
    entries: tuple[Path, ...],
    as_json: bool,
) -> int:
    """Load STACK (launched for this), or a backend at a URL, in a closed loop; check each answer.

    Exits with 1 if any request failed or was answered wrongly. A backend at a URL may serve a
    model of its own: its predictions are then checked for sense only.

    \b
    Example:
      podium load falcon:granian --operation letter_count --duration 5
      podium load --url http://127.0.0.1:5000 --connections 64
    """
    if (stack is None) == (url is None):
        raise click.UsageError("Name a STACK to launch, or give the --url of a running backend.")
    if url is not None and urlsplit(url).scheme not in ("http", "https"):
        raise click.BadParameter("it must begin with http:// or https://", param_hint="--url")
    chosen = None if stack is None else find_stack(stack, entries)
    if chosen is not None:
        chosen = replace(chosen, workers=max(workers, chosen.workers))
    cores = split_cores(1 if chosen is None else chosen.workers)
    seed = random.SystemRandom().randrange(2**31) if seed is None else seed
    workload = build_workload(
        operation, seed=seed, rows=rows, reference=_reference(operation), any_model=url is not None
    )
    with (
        LocustDriver([workload], cores.generator if url is None else None) as driver,
        _target(chosen, url, cores) as target,
    ):
        shape = Shape(connections, rate)
        order = SliceOrder(target.label, operation, shape, duration_s, rows, seed)
        result = run_load(driver, target, order)
        driver.close()
    if hdr is not None:
        write_log(
            hdr,
            decode(result.histogram),
            started_at_s=result.started_at_ns / 1e9,
            duration_s=result.duration_s,
        )
    print(json.dumps(asdict(result), ensure_ascii=False) if as_json else describe(result))
    return 1 if result.failures or not result.answered else 0


def describe(result: LoadResult) -> str:
    """The result for people; whether the generator was the limit comes before the numbers."""
    lines = [
        f"{result.target}, {result.operation}, {result.connections} connections in a closed loop, "
        f"{result.duration_s:.1f} s"
    ]
    if result.generator_was_the_limit:
        lines.append("The generator was the limit: the backend may be faster than this.")
    lines.append(f"  requests/s    {result.requests_per_s:>12,.1f}")
    for name, time_us in (
        ("p50", result.response_p50_us),
        ("p90", result.response_p90_us),
        ("p99", result.response_p99_us),
        ("p99.9", result.response_p999_us),
        ("max", result.response_max_us),
    ):
        shown = "too few answers" if time_us is None else f"{time_us:>12,} µs"
        lines.append(f"  {name:<13} {shown}")
    lines.append(f"  answered      {result.answered:>12,}")
    for kind, count in result.failures.items():
        lines.append(f"  {kind:<13} {count:>12,}  such as: {result.examples.get(kind, '')}")
    if result.generator_cpu_ratio is not None:
        lines.append(f"  generator     {result.generator_cpu_ratio:>12.0%} of its core")
    return "\n".join(lines)


@contextmanager
def _target(stack: Stack | None, url: str | None, cores: CoreSplit) -> Iterator[Target]:
    """What is loaded: the stack while it is running, or the backend at the URL."""
    if stack is not None:
        with launch(stack, LaunchOptions(cores=cores.servers)) as server:
            yield Target(stack.name, server.url)
    elif url is not None:
        yield Target(url, url)


def _reference(operation: OperationName) -> Reference | None:
    """Our own model's answers, where predictions are asked for."""
    if operation != "predict":
        return None
    from shared.model import train  # noqa: PLC0415 (imports scikit-learn)

    return train().predict
