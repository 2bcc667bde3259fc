"""`podium verify`: a study and its report against each other."""

import json
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from podium.commands.options import (
    closing,
    json_option,
    late_after_option,
    report_directory_option,
    said_if_slow,
)

if TYPE_CHECKING:
    from reports.verify import Difference, Verification

MOST_SHOWN = 20


@click.command(
    "verify",
    epilog=closing(
        "podium verify examples/study.study",
        "podium verify a.study --report published --json",
        "podium verify study.tar.gz",
        ok="nothing differs",
        no="a row or a figure differs",
    ),
)
@click.argument("study", type=click.Path(path_type=Path))
@report_directory_option
@late_after_option
@json_option
def command(study: Path, directory: Path | None, late_after_s: float | None, as_json: bool) -> int:
    """Find out whether STUDY, or a bundle, and its report are unchanged and belong together.

    The SHA-256 of every row that is recorded is compared with the report's digests.txt, and the
    analysis is made again and compared with the report's report.json, figure by figure. Each row
    and figure that differs is named. The digest printed stands for all rows of the study: who
    publishes it lets others see that theirs is the same. A report made with --late-after is
    verified with the same.
    """
    # Each command imports only what it uses.
    from reports.bundle import is_bundle, unpacked  # noqa: PLC0415
    from reports.verify import verify_study  # noqa: PLC0415
    from reports.write import default_directory  # noqa: PLC0415

    with said_if_slow(f"making the analysis of {study} again"), ExitStack() as stack:
        path, beside = study, default_directory(study)
        if is_bundle(study):
            path, beside = stack.enter_context(unpacked(study))
        found = verify_study(path, directory or beside, late_after_s)
    if as_json:
        document = {"verified": found.verified, **asdict(found)}
        print(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        _print(study, found)
    return 0 if found.verified else 1


def _print(study: Path, found: "Verification") -> None:
    _print_differences(found.changed_rows, "as recorded")
    _print_differences(found.changed_figures, "by the study")
    if found.not_compared:
        print(f"No figure was compared: {found.not_compared}")
    print(f"{study}: {found.rows:,} rows and {found.figures:,} figures were compared")
    print(
        "nothing differs"
        if found.verified
        else f"rows that differ: {len(found.changed_rows):,}, "
        f"figures: {len(found.changed_figures):,}"
    )
    print(f"SHA-256 of all rows: {found.sha256}")


def _print_differences(differences: "tuple[Difference, ...]", expected: str) -> None:
    for one in differences[:MOST_SHOWN]:
        print(one.where)
        print(f"  {expected}: {one.expected or 'nothing'}")
        print(f"  found: {one.found or 'nothing'}")
    if len(differences) > MOST_SHOWN:
        print(f"and {len(differences) - MOST_SHOWN:,} more; --json prints all")
