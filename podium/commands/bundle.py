"""`podium bundle`: a study with all that goes with it, as one file."""

import sys
from pathlib import Path

import click

from podium.commands.options import closing, report_directory_option, say

LOCK = Path(__file__).parents[2] / "requirements.lock"


@click.command(
    "bundle",
    epilog=closing(
        "podium bundle examples/study.study --out study.tar.gz",
        "podium verify study.tar.gz",
        ok="written",
    ),
)
@click.argument("study", type=click.Path(path_type=Path))
@report_directory_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="File to write.  [default: beside the study, ending in .tar.gz]",
)
def command(study: Path, directory: Path | None, out: Path | None) -> None:
    """Pack STUDY, which is finished, with its report and requirements.lock into one file.

    It is a tar.gz archive, of the same bytes for the same files; settings, versions and facts of
    the machine are in the study. Whoever gets it finds out with `podium verify` whether it is
    unchanged.
    """
    # Each command imports only what it uses.
    from reports.bundle import lock_differences, write_bundle  # noqa: PLC0415
    from reports.study.file import read_study  # noqa: PLC0415
    from reports.write import default_directory  # noqa: PLC0415

    versions = read_study(study).environment.versions
    out = out or study.with_suffix(".tar.gz")
    if out.exists() and out.samefile(study):
        raise click.BadParameter(f"{out} is the study itself.", param_hint="--out")
    lock = LOCK if LOCK.exists() else None
    write_bundle(study, directory or default_directory(study), lock, out)
    if lock is None:
        say("there is no requirements.lock here, so the bundle has none")
    else:
        for name, version in lock_differences(lock.read_text("utf-8"), versions).items():
            say(f"the study was measured with {name} {version}; requirements.lock has another")
    print(f"The bundle is {out}", file=sys.stderr)
