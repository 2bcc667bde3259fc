"""`podium resume`: go on with a study that was interrupted or killed."""

from pathlib import Path

import click

from podium.commands.options import closing, details_option, json_option, refuse_details
from podium.study_run import run_and_report
from reports.errors import StudyFinished
from reports.study.file import StudyFile, read_study


@click.command(
    "resume",
    epilog=closing(
        "podium resume studies/2026-01-31-120000-default.study",
        no="a stack broke the contract or answered wrongly under load",
    ),
)
@click.argument("study", type=click.Path(path_type=Path))
@details_option
@json_option
def command(study: Path, details: bool, as_json: bool) -> int:
    """Go on with STUDY, a file of `podium compare`, where it was interrupted.

    Everything finished is kept. The block that was under way is marked as broken and another one
    takes its place, unless half of its rounds were whole.
    """
    refuse_details(as_json=as_json)
    if read_study(study).finished_at is not None:
        raise StudyFinished(study)
    return run_and_report(StudyFile.open(study), details=details, as_json=as_json)
