"""`podium export`: a study for other tools."""

import sys
from pathlib import Path

import click

from podium import streams
from podium.commands.options import closing, refuse_given, said_if_slow

FORMATS = (
    "csv",
    "parquet",
    "bencher",
    "github-bigger",
    "github-smaller",
    "shields",
    "pull-request",
)


@click.command(
    "export",
    epilog=closing(
        "podium export examples/study.study --format csv --out slices.csv",
        "podium export examples/study.study --format parquet --out slices.parquet",
        "podium export examples/study.study --format github-bigger",
        "podium export examples/study.study --format shields --stack falcon:gunicorn "
        "--operation predict",
        ok="written",
    ),
)
@click.argument("study", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "name",
    type=click.Choice(FORMATS),
    required=True,
    help="Write the slices (csv, parquet), the figures for Bencher, github-action-benchmark or "
    "Shields, or a gate for its pull request.",
)
@click.option("--stack", metavar="LABEL", help="Make the badge of this stack, as in the report.")
@click.option("--operation", metavar="O", help="Make the badge of its place in this operation.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="File to write.  [default: standard output]",
)
def command(
    study: Path, name: str, stack: str | None, operation: str | None, out: Path | None
) -> None:
    """Write STUDY in the format of another tool.

    \b
    csv             one line a slice: all that was recorded, percentiles for histograms
    parquet         the same as Apache Parquet, with types; needs --out
    bencher         Bencher Metric Format: every figure with its interval
    github-bigger   github-action-benchmark's customBiggerIsBetter: rates
    github-smaller  its customSmallerIsBetter: times, memory
    shields         a Shields endpoint badge: the place of one stack, as an interval
    pull-request    a gate as Markdown: its first line tells a bot which comment to replace
    """
    if name != "shields":
        refuse_given("is for --format shields.", "stack", "operation")
    elif stack is None or operation is None:
        raise click.UsageError("--format shields needs --stack and --operation.")
    if name == "parquet" and out is None:
        raise click.UsageError("--format parquet is no text: name a file with --out.")
    with said_if_slow(f"making the figures of {study}"):
        content = _content(study, name, stack or "", operation or "")
    if out is not None and out.exists() and out.samefile(study):
        raise click.BadParameter(f"{out} is the study itself.", param_hint="--out")
    if isinstance(content, str) and out is None:
        streams.print_for_programs()
        sys.stdout.write(content)
    elif out is not None:
        out.write_bytes(content.encode() if isinstance(content, str) else content)


def _content(study: Path, name: str, stack: str, operation: str) -> str | bytes:
    # Each format imports only what it uses.
    from reports.exports.bencher import bencher_json  # noqa: PLC0415
    from reports.exports.github_benchmark import github_benchmark_json  # noqa: PLC0415
    from reports.exports.pull_request import pull_request  # noqa: PLC0415
    from reports.exports.shields import shields_json  # noqa: PLC0415
    from reports.exports.slices_csv import slices_csv  # noqa: PLC0415
    from reports.exports.slices_parquet import slices_parquet  # noqa: PLC0415
    from reports.study.file import read_study  # noqa: PLC0415
    from reports.write import make_report  # noqa: PLC0415

    if name == "csv":
        return slices_csv(read_study(study))
    if name == "parquet":
        return slices_parquet(read_study(study))
    report = make_report(study)
    if name == "bencher":
        return bencher_json(report)
    if name == "pull-request":
        return pull_request(report)
    if name == "shields":
        return shields_json(report, stack, operation)
    return github_benchmark_json(report, "higher" if name == "github-bigger" else "lower")
