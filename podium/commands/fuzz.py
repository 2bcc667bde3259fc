"""`podium fuzz`: the same hostile requests to several backends; any difference is a finding."""

import json
import os
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from implementations.places import STUDIES
from podium.commands.options import (
    IntegerRange,
    closing,
    entries_option,
    headers_option,
    json_option,
    refuse_given,
    sample_option,
)
from shared.errors import NoHome
from shared.places import cache_directory
from shared.sample import read_sample

if TYPE_CHECKING:
    from contract_tests.fuzz.findings import Finding

DEFAULT_REQUESTS = 10_000


@click.command(
    "fuzz",
    epilog=closing(
        "podium fuzz flask:gunicorn falcon:granian --requests 2000 --seed 7",
        "podium fuzz flask --url https://host/v1 --header @secret-fields.txt",
        ok="all answers agree",
        no="answers differ, a process grew by more than a tenth, or one ended",
    ),
)
@click.argument("stacks", metavar="[STACK…]", nargs=-1)
@click.option(
    "--requests",
    default=DEFAULT_REQUESTS,
    show_default=True,
    type=IntegerRange(1),
    metavar="N",
    help="Send N requests to each backend.",
)
@click.option(
    "--seed",
    type=IntegerRange(0),
    metavar="N",
    help="Draw the requests from this seed.  [default: a random one]",
)
@click.option(
    "--url",
    "urls",
    multiple=True,
    metavar="URL",
    help="Also fuzz a backend that runs already. May be repeated.",
)
@headers_option
@sample_option
@entries_option
@json_option
def command(
    *,
    stacks: tuple[str, ...],
    requests: int,
    seed: int | None,
    urls: tuple[str, ...],
    headers: tuple[str, ...],
    sample: Path | None,
    entries: tuple[Path, ...],
    as_json: bool,
) -> int:
    """Send the same requests, right and hostile, to all backends, and compare their answers.

    Without STACK and --url, fuzz every stack that can run here: while it loads its model, in
    service, and behind a guard. A difference is shrunk, printed as a case for the suite, and
    written to studies/.
    """
    from hypothesis import configuration  # noqa: PLC0415 (each command imports what it uses)

    from contract_tests.fuzz.run import FuzzPlan, run_fuzz  # noqa: PLC0415
    from contract_tests.fuzz.terminal import FuzzProgress, document, print_result  # noqa: PLC0415
    from contract_tests.http.access import Access, field_lines, parse_fields  # noqa: PLC0415
    from contract_tests.http.sample import IRIS  # noqa: PLC0415
    from implementations.catalogue import all_stacks, find_obstacle, find_stack  # noqa: PLC0415
    from reports.console import Console  # noqa: PLC0415

    if not urls:
        refuse_given("is for a backend at a --url, and a STACK needs none.", "headers", "sample")
    if sample is not None:
        refuse_given("serves another model than that of --sample: give only --url.", "stacks")
    access = Access(
        fields=parse_fields(field_lines(headers, sys.stdin)),
        sample=IRIS if sample is None else read_sample(sample),
    )
    try:
        configuration.set_hypothesis_home_dir(cache_directory() / "hypothesis")
    except NoHome:  # where it cannot make its folder it goes without one
        configuration.set_hypothesis_home_dir(os.devnull)
    if stacks or urls:
        chosen = list(dict.fromkeys(find_stack(name, entries) for name in stacks))
    else:
        chosen = [stack for stack in all_stacks(entries) if not find_obstacle(stack)]
    seed = random.SystemRandom().randrange(2**31) if seed is None else seed
    plan = FuzzPlan(requests, seed, chosen, tuple(dict.fromkeys(urls)), access)
    with FuzzProgress(sys.stderr, requests) as progress:
        result = run_fuzz(plan, progress.note)
    if as_json:
        print(json.dumps(document(result), indent=2, ensure_ascii=False))
    else:
        print_result(result, Console())
    if result.tally.findings:
        print(f"podium: written to {write(result.tally.findings, seed)}", file=sys.stderr)
    if result.interrupted:
        raise KeyboardInterrupt
    return 0 if result.passed else 1


def write(findings: "list[Finding]", seed: int) -> Path:
    """Write findings as cases; return the file."""
    STUDIES.mkdir(exist_ok=True)
    file = STUDIES / f"fuzz-{seed}.txt"
    cases = [finding.as_case(number) for number, finding in enumerate(findings, 1)]
    file.write_text("\n\n".join(cases) + "\n", encoding="utf-8")
    return file
