"""Run the suite on the gallery: `python -m tests.contract_tests.wrong_backends FILE`.

On the right backends every case runs. On a wrong one only cases that hold what it breaks do, and
only as long as something can be learned: that a sentence which it breaks, or that the case, can
fail. With names of wrong backends behind the file, these alone are asked, and every case that the
right ones are asked that they are made of.
"""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from contract_tests.backends.opening import SOURCES
from tests.contract_tests.wrong_backends.gallery import RIGHT, WRONG, made_of

SUITE = Path(__file__).parents[3] / "contract_tests"


class Trial:
    """The plugin that chooses the cases, and notes how they end.

    whole : the wrong backends that alone are asked, and all that they can be; empty for the usual
        run.
    """

    def __init__(self, whole: Sequence[str]) -> None:
        self._whole = whole
        self._breaks = {wrong.name: wrong.only or frozenset() for wrong in WRONG}
        self.held: set[str] = set()
        self.caught: dict[str, set[str]] = defaultdict(set)
        self.passed: dict[str, list[str]] = defaultdict(list)
        self.failed: dict[str, list[str]] = defaultdict(list)
        self.right_failed: list[str] = []
        self.errors: list[str] = []
        self._failed_somewhere: set[str] = set()

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        whole = [replace(one, only=made_of(one).only) for one in WRONG if one.name in self._whole]
        config.stash[SOURCES] = whole or (*RIGHT, *WRONG)

    @pytest.hookimpl(trylast=True)
    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Notes the sentences that there are cases for."""
        for mark in item.iter_markers("holds"):
            self.held.update(mark.args)

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        """Leaves a case out from which nothing can be learned any more."""
        backend, case, holds = _described(pyfuncitem.user_properties)
        if self._whole or backend not in self._breaks:
            return None
        unseen = (holds & self._breaks[backend]) - self.caught[backend]
        return (not unseen and case in self._failed_somewhere) or None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        backend, case, holds = _described(report.user_properties)
        if report.failed and report.when != "call":
            self.errors.append(f"{report.nodeid}: {report.longreprtext}")
        elif backend in self._breaks:
            if report.failed:
                self.caught[backend] |= holds & self._breaks[backend]
                self.failed[backend].append(case)
                self._failed_somewhere.add(case)
        elif report.failed:
            self.right_failed.append(f"{report.nodeid}: {report.longreprtext}")
        elif report.when == "call":
            self.passed[backend].append(case)


def _described(properties: Sequence[tuple[str, object]]) -> tuple[str, str, frozenset[str]]:
    """Its backend, its number and name, and the sentences that it holds."""
    described = dict(properties)
    case = f"{described['number']} {described['case']}"
    return str(described["backend"]), case, frozenset(str(described["holds"]).split())


def main(argv: Sequence[str]) -> int:
    """Runs the suite on the gallery; writes what was seen as JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.contract_tests.wrong_backends")
    parser.add_argument("file", type=Path)
    parser.add_argument("whole", nargs="*", metavar="NAME", help="every case on this wrong backend")
    asked = parser.parse_args(argv)
    trial = Trial(asked.whole)
    arguments = ["-q", "--import-mode=importlib", "-p", "no:randomly", "-p", "no:cacheprovider"]
    status = pytest.main([*arguments, "--tb=line", str(SUITE)], plugins=[trial])
    seen = {
        "held": sorted(trial.held),
        "caught": {name: sorted(ids) for name, ids in trial.caught.items()},
        "passed": trial.passed,
        "failed": trial.failed,
        "right_failed": trial.right_failed,
        "errors": trial.errors,
    }
    asked.file.write_text(json.dumps(seen, indent=1))
    return int(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
