"""`podium`: one verb a module in `podium.commands`, imported only when it is called."""

import importlib
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import click

from podium import streams
from shared.near_miss import did_you_mean

BROKEN_PIPE = 141  # as a shell gives it for a program that SIGPIPE ended
INTERRUPTED = 128 + signal.SIGINT
DEFECT = 70  # EX_SOFTWARE of sysexits.h: never taken for an answer

COMMANDS = {
    "stacks": "all stacks, whether each can run here, and the notes of one",
    "serve": "one backend in the foreground; Ctrl-C drains",
    "models": "the models that a backend can serve",
    "check": "the contract suite against stacks, or against any URL",
    "fuzz": "the same hostile requests to several backends; any difference is a finding",
    "load": "one load run through Locust",
    "compare": "the main job: contract, then rounds, then the report",
    "resume": "go on with a study after an interruption",
    "report": "pages from a study file",
    "diff": "two studies: what differs, and what became faster or slower",
    "history": "many studies as one page: each stack over time",
    "verify": "whether a study and its report are unchanged and belong together",
    "bundle": "a study, its report and the lock as one file, for `verify`",
    "export": "a study as CSV or Parquet, or for Bencher, github-action-benchmark or Shields",
    "schema": "the JSON Schema of a format: check, diff, history, load or report",
    "calibrate": "the load generator's ceilings here, and this machine's noise",
}


class CommandTable(click.Group):
    """Lists the commands from a table, so that a command imports only its own module."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            ctx.fail(
                f"there is no command {cmd_name!r}{did_you_mean(cmd_name, COMMANDS)} "
                f"(`podium --help` lists them)"
            )
        command: click.Command = importlib.import_module(f"podium.commands.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=CommandTable, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="podium")
def podium() -> None:
    """Which Python stack serves your model faster, by how much, and how sure is that?"""


def cannot_run() -> str | None:
    """Return why no command can run here, and what to do; None if they can."""
    if os.name == "nt":
        return "Windows is not supported; use Linux, WSL or macOS"
    if sys.flags.optimize:
        return "PYTHONOPTIMIZE and -O take the contract suite's checks and texts away; unset them"
    try:
        Path.cwd()
    except FileNotFoundError:
        return "the working folder has been removed; change into another"
    return None


def could_not_run() -> tuple[type[Exception], ...]:
    """The errors that end with one sentence on stderr and exit code 2.

    Imported only where something failed, so that each command imports only what it needs.
    """
    from benchmarks.errors import BenchmarksError  # noqa: PLC0415
    from contract_tests.errors import ContractTestsError  # noqa: PLC0415
    from implementations.errors import ImplementationsError  # noqa: PLC0415
    from reports.errors import ReportsError  # noqa: PLC0415
    from shared.errors import SharedError  # noqa: PLC0415

    return (
        BenchmarksError,
        ContractTestsError,
        ImplementationsError,
        ReportsError,
        SharedError,
        OSError,
        ModuleNotFoundError,
    )


def sentence(error: BaseException) -> str:
    """One line that tells a person what went wrong and, where we know, what to do."""
    if isinstance(error, ModuleNotFoundError):
        return (
            f"the package {error.name!r} is missing here: run `make env` and use .venv/bin/podium"
        )
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return str(error)


def report_error(error: BaseException) -> int:
    """Print what went wrong to standard error; return the exit code."""
    known = isinstance(error, could_not_run())
    if not known or os.environ.get("PODIUM_DEBUG") == "1":
        traceback.print_exception(error)
    if not known:
        print("podium: this is a defect; please report it with the text above", file=sys.stderr)
        return DEFECT
    for note in getattr(error, "__notes__", ()):
        print(note, file=sys.stderr)
    print(f"podium: {sentence(error)}", file=sys.stderr)
    return 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    0 as wanted, 1 ran and the answer is no, 2 could not run, 130 interrupted, 141 nobody reads what
    is printed, 70 a defect of podium. With PODIUM_DEBUG=1 in the environment, 2 comes with the
    traceback of its error.
    """
    streams.prepare()
    streams.log_to_stderr()
    if reason := cannot_run():
        print(f"podium: {reason}", file=sys.stderr)
        return 2
    # A terminated or hung-up command cleans up in the way an interrupted one does.
    for number in (signal.SIGTERM, signal.SIGHUP):
        # What is ignored, as by nohup, is to stay so.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)
    try:
        status = podium.main(arguments, prog_name="podium", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as exc:
        exc.show()
        return 2
    except (Exception, KeyboardInterrupt, SystemExit) as exc:
        # Whoever read our output may have gone (`podium stacks | head -1`); click then exits.
        if streams.broken():
            return BROKEN_PIPE
        if isinstance(exc, click.Abort | KeyboardInterrupt):
            print("podium: interrupted", file=sys.stderr)
            return INTERRUPTED
        return report_error(exc)
    return status if isinstance(status, int) else 0


if __name__ == "__main__":
    exit_status = main()
    # Run by `-m`, Python forgets its exit status and ends by SIGINT where an interrupt came through
    # text that was executed, as an import does that makes a dataclass; until other text is.
    exec("")  # noqa: S102 - the text is empty
    sys.exit(exit_status)
