"""`podium load`: one load run through Locust, every answer checked."""

import json
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from urllib.parse import urlsplit

import click

from benchmarks.calibration import stored_calibration
from benchmarks.driver import SliceOrder, Target
from benchmarks.engine.counts.hdr_log import write_log
from benchmarks.engine.driver import EngineDriver
from benchmarks.engine.loops.arrivals import Spacing
from benchmarks.load_run import require_listener, run_load
from benchmarks.machine.cores import CoreSplit, split_cores
from benchmarks.study.plan import DEFAULT_CONNECTIONS
from benchmarks.workload.workload import Reference, build_workload
from implementations.catalogue import Stack, find_stack
from implementations.launching.launcher import LaunchOptions, launch
from podium.commands.options import entries_option
from reports.pages.load_terminal import describe
from reports.study.histogram import Histogram
from reports.study.records import Ceiling, Shape
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
@click.option(
    "--rate",
    type=click.FloatRange(0, min_open=True),
    metavar="R",
    help="open loop: so many requests a second are due, whatever the backend does",
)
@click.option(
    "--arrivals", type=click.Choice(("poisson", "even")), help="of an open loop  [default: poisson]"
)
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1))
@click.option("--seed", type=click.IntRange(0), help="of what is asked; drawn if not given")
@click.option(
    "--hdr",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="F",
    help="write the times as an HdrHistogram log",
)
@entries_option
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
    arrivals: Spacing | None,
    workers: int,
    seed: int | None,
    hdr: Path | None,
    entries: tuple[Path, ...],
    as_json: bool,
) -> int:
    """Load STACK (launched for this), or a backend at a URL; check each answer.

    Without a rate it is a closed loop: each connection sends when its answer has come. With one,
    requests are due at fixed times, and response times count from then; where no connection is
    free, more are opened.

    Exits with 1 if any request failed, was answered wrongly or could not be sent, and with 2 if
    nothing listens at the URL. A backend at a
    URL may serve a model of its own: its predictions are then checked for sense only.

    \b
    Example:
      podium load falcon:granian --operation letter_count --duration 5
      podium load flask --rate 500 --hdr times.hlog
      podium load --url http://127.0.0.1:5000 --connections 64
    """
    if (stack is None) == (url is None):
        raise click.UsageError("Name a STACK to launch, or give the --url of a running backend.")
    if url is not None and urlsplit(url).scheme != "http":
        raise click.BadParameter("it must begin with http://", param_hint="--url")
    if arrivals is not None and rate is None:
        raise click.UsageError("--arrivals are those of an open loop: give its --rate.")
    chosen = None if stack is None else find_stack(stack, entries)
    if chosen is not None:
        chosen = replace(chosen, workers=max(workers, chosen.workers))
    cores = split_cores(1 if chosen is None else chosen.workers)
    seed = random.SystemRandom().randrange(2**31) if seed is None else seed
    workload = build_workload(
        operation, seed=seed, rows=rows, reference=_reference(operation), any_model=url is not None
    )
    with (
        EngineDriver(
            [workload], cores.generator if url is None else None, arrivals or "poisson"
        ) as driver,
        _target(chosen, url, cores) as target,
    ):
        # No bar that moves: drawing it would take the time of a core that is measured.
        print(f"podium: loading {target.label} for {duration_s:g} s", file=sys.stderr)
        shape = Shape(connections, rate)
        order = SliceOrder(target.label, operation, shape, duration_s, rows, seed)
        result = run_load(driver, target, order, _ceiling(operation, connections, rows))
        driver.close()
    if hdr is not None:
        write_log(
            hdr,
            Histogram.decode(result.histogram),
            started_at_s=result.started_at_ns / 1e9,
            duration_s=result.duration_s,
        )
    print(json.dumps(asdict(result), ensure_ascii=False) if as_json else describe(result))
    return 1 if result.failures or result.unsent or not result.answered else 0


def _ceiling(operation: OperationName, connections: int, rows: int) -> Ceiling | None:
    """The generator's, where `podium calibrate` has measured it (one row a request)."""
    calibration = stored_calibration() if rows == 1 else None
    return None if calibration is None else calibration.ceiling(operation, connections)


@contextmanager
def _target(stack: Stack | None, url: str | None, cores: CoreSplit) -> Iterator[Target]:
    """Yield the target of the load: the launched stack, or the backend at the URL."""
    if stack is not None:
        with launch(stack, LaunchOptions(cores=cores.servers)) as server:
            yield Target(stack.name, server.url)
    elif url is not None:
        require_listener(url)
        yield Target(url, url)


def _reference(operation: OperationName) -> Reference | None:
    """Our own model's answers, where predictions are asked for."""
    if operation != "predict":
        return None
    from shared.model.inference import train  # noqa: PLC0415 (imports scikit-learn)

    return train().predict
