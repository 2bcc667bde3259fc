"""`podium diff`: two studies against each other."""

from pathlib import Path

import click

from podium.commands.options import FiniteRange, closing, json_option, said_if_slow, say


@click.command(
    "diff",
    epilog=closing(
        "podium diff before.study after.study",
        "podium diff before.study after.study --bridge falcon:gunicorn --fail-above 5",
        ok="compared",
        no="with --fail-above: a stack became slower by more than that",
    ),
)
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option(
    "--bridge",
    "bridges",
    metavar="STACK",
    multiple=True,
    help="Take this stack, which is in both, as unchanged. May be repeated.  "
    "[default: those of which nothing recorded tells a change]",
)
@click.option(
    "--anyway",
    is_flag=True,
    help="Where no stack is known to be unchanged, tell what machine and code did together.",
)
@click.option(
    "--fail-above",
    "fail_above_percent",
    metavar="PERCENT",
    type=FiniteRange(0, 1000),
    help="End with 1 if a stack became slower by more than this, by the whole interval.",
)
@click.option("--markdown", "as_markdown", is_flag=True, help="Print Markdown instead of text.")
@json_option
def command(
    *,
    old: Path,
    new: Path,
    bridges: tuple[str, ...],
    anyway: bool,
    fail_above_percent: float | None,
    as_markdown: bool,
    as_json: bool,
) -> int:
    """Tell what differs between the studies OLD and NEW, and what became faster or slower.

    A stack that is in both unchanged is the bridge: changes are relative to it, so that what the
    machine does to all stacks cancels. Without one there is no verdict, and the command ends with
    2. Studies that are not finished are refused.
    """
    # Each command imports only what it uses.
    from reports.diff.diff import diff  # noqa: PLC0415
    from reports.errors import StudyUnfinished  # noqa: PLC0415
    from reports.pages.diff import diff_json, markdown, print_diff  # noqa: PLC0415
    from reports.study.file import read_study  # noqa: PLC0415
    from reports.wording.diff import CONFOUNDED, REMEDY, worded_diff  # noqa: PLC0415

    if as_markdown and as_json:
        raise click.UsageError("--markdown and --json contradict each other: give one of the two.")
    with said_if_slow(f"comparing {old} with {new}"):
        before, after = read_study(old), read_study(new)
        for path, study in ((old, before), (new, after)):
            if study.finished_at is None:
                raise StudyUnfinished(path)
        found = worded_diff(diff(before, after, bridges, anyway=anyway))
    if as_json:
        print(diff_json(found), end="")
    elif as_markdown:
        print(markdown(found), end="")
    else:
        print_diff(found)
    if found.against is None:
        say(f"{CONFOUNDED}; {REMEDY}")
        return 2
    if fail_above_percent is None:
        return 0
    slower = [change.sentence for _, change in found.slower_by_more_than(fail_above_percent / 100)]
    for sentence in slower:
        say(f"above {fail_above_percent:g} %: {sentence}")
    return 1 if slower else 0
