"""Where tests run: what CI refuses, what is missing, and what a shell would keep or lead astray.

With CI=true a skipped test is a failure: what did not run has shown nothing.
"""

import ast
import os
import re
import signal
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

# Some machines forbid namespaces and control groups, macOS is no Linux, and nothing that we install
# can change that.
_ACCEPTED = ("Skipped: network namespaces:", "Skipped: control groups:", "Skipped: only Linux ")
# The words of `tests.programs.need`, which this file cannot import: it is also used alone.
_MISSING = re.compile(r"Skipped: (\S+ is not installed .*)")


def pytest_configure() -> None:
    """Lets Ctrl-C reach what the tests start, also where a shell runs them in the background.

    And lets them reach what they start, also where the shell names a proxy.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in ("no_proxy", "NO_PROXY"):
        os.environ[name] = ",".join([*filter(None, [os.environ.get(name)]), "127.0.0.1,::1"])
    if sys.version_info < (3, 12):
        ast.parse = _one_at_a_time(ast.parse)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Puts the files that are marked `early` first where several processes share the files out.

    Behind them the larger ones come first, so that the last file of a run is a short one.
    """
    if not hasattr(config, "workerinput"):
        return
    tests = Counter(item.path for item in items)
    early = {item.path for item in items if item.get_closest_marker("early")}
    items.sort(key=lambda item: (item.path not in early, -tests[item.path]))


def _one_at_a_time(parse: Any) -> Any:
    """Let one thread make syntax trees at a time: CPython 3.11 counts their depth for all at once.

    Hypothesis listens to each garbage collection, so another thread may run in the midst of one. It
    makes trees for a traceback or a signature, and "AST constructor recursion depth mismatch" ends
    the run.
    """
    lock = threading.RLock()

    def parse_alone(*arguments: Any, **named: Any) -> Any:
        with lock:
            return parse(*arguments, **named)

    return parse_alone


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Iterator[None]:
    """Turns a skip into a failure."""
    report: pytest.TestReport = yield  # type: ignore[assignment]  # pluggy sends the result in
    _refuse_skip(report)
    return report  # type: ignore[return-value]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Iterator[None]:
    """The same for a whole module that is skipped."""
    report: pytest.CollectReport = yield  # type: ignore[assignment]  # as above
    _refuse_skip(report)
    return report  # type: ignore[return-value]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    """Names the programs for want of which tests were skipped, after everything else."""
    yield
    reasons = [str(skipped.longrepr[2]) for skipped in terminalreporter.stats.get("skipped", [])]
    missing = Counter(found[1] for found in map(_MISSING.match, reasons) if found)
    if missing:
        terminalreporter.section("optional programs that are missing")
        for words, tests in sorted(missing.items()):
            named = "1 test" if tests == 1 else f"{tests} tests"
            terminalreporter.line(f"{words}: {named} skipped")


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    expected_failure = hasattr(report, "wasxfail")
    if os.environ.get("CI") != "true" or not report.skipped or expected_failure:
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if not reason.startswith(_ACCEPTED):
        report.outcome = "failed"
        report.longrepr = f"skipped, which is a failure where CI=true: {reason}"
