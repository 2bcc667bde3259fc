"""`podium load`: one load run through Locust, every answer checked."""

import json
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import click

from benchmarks.calibration import stored_calibration
from benchmarks.driver import SliceOrder, Target
from benchmarks.engine.counts.hdr_log import write_log
from benchmarks.engine.driver import EngineDriver
from benchmarks.engine.loops.arrivals import Spacing
from benchmarks.load_run import LoadInterrupted, require_listener, run_load
from benchmarks.machine.cores import CoreSplit, split_cores
from benchmarks.ranges import HIGHEST_RATE_PER_S
from benchmarks.workload.workload import build_workload
from contract_tests.http.access import field_lines, parse_fields
from contract_tests.http.messages import Fields
from contract_tests.http.secrets import secrets_of
from implementations.catalogue import Stack, find_stack
from implementations.launching.launcher import LaunchOptions, launch
from podium.commands.options import (
    FiniteRange,
    closing,
    connections_option,
    engine_option,
    entries_option,
    headers_option,
    json_option,
    model_option,
    refuse_given,
    require_writable,
    rows_option,
    sample_option,
    say,
    say_who_else_measures,
    seed_option,
    with_workers,
    workers_option,
)
from reports.load.result import LoadResult
from reports.pages.load_terminal import describe
from reports.study.histogram import Histogram
from reports.study.records import Ceiling, Shape
from shared.address import parse_address
from shared.contract import OPERATIONS, OperationName
from shared.errors import BadUrl
from shared.model.model import pinned, sample_of
from shared.model.version import EngineChoice
from shared.sample import Sample, read_sample
from shared.settings import Settings

DEFAULT_DURATION_S = 10.0
LONGEST_S = 7 * 24 * 3600.0
OPEN_CONNECTIONS = 1024


@dataclass(frozen=True)
class LoadOptions:
    """The choices of one load run; `stack` is launched, or `url` names a running backend.

    `fields`, `sample` : header fields for that backend, and rows for its model. `settings` : of the
    service that is launched.
    """

    stack: Stack | None
    url: str | None
    operation: OperationName
    rows: int
    shape: Shape
    arrivals: Spacing
    duration_s: float
    seed: int
    fields: Fields = ()
    sample: Sample | None = None
    settings: Settings = field(default_factory=Settings)


@click.command(
    "load",
    epilog=closing(
        "podium load falcon:granian --operation letter_count --duration 5",
        "podium load flask --rate 500 --hdr times.hlog",
        "podium load falcon:granian --model digits --rows 32",
        "podium load --url http://127.0.0.1:5000 --connections 64",
        "podium load --url http://127.0.0.1:5000 --header @key.txt --sample rows.json",
        ok="every request was answered rightly",
        no="a request failed, was answered wrongly or could not be sent",
    ),
)
@click.argument("stack", required=False)
@click.option(
    "--url",
    metavar="URL",
    help="Load a backend that is running already, such as http://host:5000.",
)
@headers_option
@sample_option
@model_option
@engine_option
@click.option(
    "--operation",
    type=click.Choice(OPERATIONS),
    default="predict",
    show_default=True,
    help="Operation to load.",
)
@rows_option
@connections_option
@click.option(
    "--duration",
    "duration_s",
    default=DEFAULT_DURATION_S,
    show_default=True,
    type=FiniteRange(0.1, LONGEST_S),
    metavar="S",
    help="Seconds of load.",
)
@click.option(
    "--rate",
    type=FiniteRange(0, HIGHEST_RATE_PER_S, min_open=True),
    metavar="R",
    help="Open loop: send R requests per second.",
)
@click.option(
    "--arrivals",
    type=click.Choice(("poisson", "even")),
    help="Spacing of an open loop's requests.  [default: poisson]",
)
@workers_option
@seed_option
@click.option(
    "--hdr",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the times as an HdrHistogram log.",
)
@entries_option
@json_option
def command(
    *,
    stack: str | None,
    url: str | None,
    headers: tuple[str, ...],
    sample: Path | None,
    model: str | None,
    engine: EngineChoice,
    operation: OperationName,
    rows: int,
    connections: int,
    duration_s: float,
    rate: float | None,
    arrivals: Spacing | None,
    workers: int | None,
    seed: int | None,
    hdr: Path | None,
    entries: tuple[Path, ...],
    as_json: bool,
) -> int:
    """Load STACK (launched for this), or a backend at a URL; check each answer.

    Without a rate it is a closed loop: each connection sends when its answer has come. With one,
    requests are due at fixed times, and response times count from then; where no connection is
    free, more are opened. Ctrl-C ends it with the figures so far. A backend at a URL may serve a
    model of its own: its predictions are then checked for sense only, or against those of --sample.
    """
    if (stack is None) == (url is None):
        raise click.UsageError("Name a STACK to launch, or give the --url of a running backend.")
    if url is None:
        refuse_given("is for a backend at a --url, and a STACK needs none.", "headers", "sample")
    else:
        _require_plain_http(url)
        of_a_stack = ("workers", "entries", "model", "engine")
        refuse_given("is for a STACK; a backend at a --url has its own.", *of_a_stack)
    if operation != "predict":
        refuse_given(
            f"is for predict; {operation} has no rows.", "rows", "sample", "model", "engine"
        )
    if rate is None:
        refuse_given("is for an open loop: give its --rate.", "arrivals")
    else:
        _require_open_loop(rate, duration_s, connections)
    options = LoadOptions(
        stack=None if stack is None else with_workers(find_stack(stack, entries), workers),
        url=url,
        fields=parse_fields(field_lines(headers, sys.stdin)),
        sample=None if sample is None else read_sample(sample),
        settings=Settings(model=pinned(model), engine=engine) if url is None else Settings(),
        operation=operation,
        rows=rows,
        shape=Shape(connections, rate),
        arrivals=arrivals or "poisson",
        duration_s=duration_s,
        seed=random.SystemRandom().randrange(2**31) if seed is None else seed,
    )
    if hdr is not None:
        require_writable(hdr)
    interrupt: LoadInterrupted | None = None
    try:
        result = _load(options)
    except LoadInterrupted as exc:
        result, interrupt = exc.result, exc
    hide = secrets_of(options.fields).hide
    shown = {kind: hide(example) for kind, example in result.examples.items()}
    result = replace(result, examples=shown)
    print(json.dumps(asdict(result), ensure_ascii=False) if as_json else describe(result))
    # Only now: the figures are out if the disk is full.
    if hdr is not None:
        write_log(
            hdr,
            Histogram.decode(result.histogram),
            started_at_s=result.started_at_ns / 1e9,
            duration_s=result.duration_s,
        )
    if interrupt is not None:
        raise interrupt
    return 1 if result.failures or result.unsent or not result.answered else 0


def _require_plain_http(url: str) -> None:
    """Raise `click.BadParameter` for what is no address of a backend without TLS."""
    try:
        parse_address(url, plain=True)
    except BadUrl as exc:
        raise click.BadParameter(f"{exc}.", param_hint="--url") from exc


def _require_open_loop(rate: float, duration_s: float, connections: int) -> None:
    """Raise `click.BadParameter` where no request would be due, or more connect than may."""
    if rate * duration_s < 1:
        raise click.BadParameter(
            f"in {duration_s:g} s no request would be due at {rate:g}/s; "
            f"give {1 / duration_s:g} or more, or a longer --duration.",
            param_hint="--rate",
        )
    if connections > OPEN_CONNECTIONS:
        raise click.BadParameter(
            f"an open loop has {OPEN_CONNECTIONS:,} at most.", param_hint="--connections"
        )


def _load(options: LoadOptions) -> LoadResult:
    """Launch the stack, if one is named, and run the load."""
    if options.url is not None:
        require_listener(options.url)
    cores = split_cores(1 if options.stack is None else options.stack.workers)
    workload = build_workload(
        options.operation,
        seed=options.seed,
        rows=options.rows,
        any_model=options.url is not None,
        sample=_sample(options),
    )
    workload = replace(workload, fields=options.fields)
    generator = cores.generator if options.url is None else None
    named = "" if options.stack is None else f"{options.stack.name} and "
    say_who_else_measures()
    say(f"starting {named}the load generator")
    with (
        EngineDriver([workload], generator, options.arrivals) as driver,
        _target(options, cores) as target,
    ):
        # No bar that moves: drawing it would take the time of a core that is measured.
        say(f"loading {target.label} for {options.duration_s:g} s")
        order = SliceOrder(
            target.label,
            options.operation,
            options.shape,
            options.duration_s,
            options.rows,
            options.seed,
        )
        ceiling = _ceiling(options.operation, options.shape.connections, options.rows)
        shared_core = options.stack is not None and bool(cores.servers) and not cores.disjoint
        result = run_load(driver, target, order, ceiling, shared_core=shared_core)
        driver.close()
    return result


def _sample(options: LoadOptions) -> Sample | None:
    """Return the rows to send, where predictions are asked for."""
    if options.operation != "predict":
        return None
    return options.sample or sample_of(options.settings.model)


def _ceiling(operation: OperationName, connections: int, rows: int) -> Ceiling | None:
    """Return the generator's ceiling, where `podium calibrate` has measured it (one row)."""
    calibration = stored_calibration() if rows == 1 else None
    return None if calibration is None else calibration.ceiling(operation, connections)


@contextmanager
def _target(options: LoadOptions, cores: CoreSplit) -> Iterator[Target]:
    """Yield the target of the load: the launched stack, or the backend at the URL."""
    if options.stack is not None:
        how = LaunchOptions(cores=cores.servers, waiting=say, settings=options.settings)
        with launch(options.stack, how) as server:
            yield Target(options.stack.name, server.url)
    elif options.url is not None:
        yield Target(options.url, options.url)
