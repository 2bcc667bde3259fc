"""Runs the suite on the gallery: `python -m contract_tests.wrong_backends FILE` writes what it saw.

On the right backends every case runs. On a wrong one only cases that hold what it breaks do, and
only until each of these sentences was seen failing.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import pytest

from contract_tests.selection import SOURCES
from contract_tests.wrong_backends.gallery import RIGHT, WRONG

SUITE = Path(__file__).parents[1]


class Trial:
    """The plugin that chooses the cases, and notes how they end."""

    def __init__(self) -> None:
        self._breaks = {wrong.name: wrong.only or frozenset() for wrong in WRONG}
        self.held: set[str] = set()
        self.caught: dict[str, set[str]] = defaultdict(set)
        self.right_failed: list[str] = []
        self.right_passed: dict[str, int] = defaultdict(int)
        self.errors: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[SOURCES] = (*RIGHT, *WRONG)

    @pytest.hookimpl(trylast=True)
    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Notes the sentences that there are cases for."""
        for mark in item.iter_markers("holds"):
            self.held.update(mark.args)

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        """Leaves a case out from which nothing can be learned any more."""
        backend, holds = _described(pyfuncitem.user_properties)
        if backend not in self._breaks:
            return None
        return not (holds & self._breaks[backend]) - self.caught[backend] or None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        backend, holds = _described(report.user_properties)
        if report.failed and report.when != "call":
            self.errors.append(f"{report.nodeid}: {report.longreprtext}")
        elif backend in self._breaks:
            if report.failed:
                self.caught[backend] |= holds & self._breaks[backend]
        elif report.failed:
            self.right_failed.append(f"{report.nodeid}: {report.longreprtext}")
        elif report.when == "call":
            self.right_passed[backend] += 1


def _described(properties: Sequence[tuple[str, object]]) -> tuple[str, frozenset[str]]:
    described = dict(properties)
    return str(described["backend"]), frozenset(str(described["holds"]).split())


def main(result_file: Path) -> int:
    """Runs the suite on the gallery; writes what was seen as JSON."""
    trial = Trial()
    arguments = ["-q", "--import-mode=importlib", "-p", "no:randomly", "-p", "no:cacheprovider"]
    status = pytest.main([*arguments, str(SUITE)], plugins=[trial])
    seen = {
        "held": sorted(trial.held),
        "caught": {name: sorted(ids) for name, ids in trial.caught.items()},
        "right_failed": trial.right_failed,
        "right_passed": trial.right_passed,
        "errors": trial.errors,
    }
    result_file.write_text(json.dumps(seen, indent=1))
    return int(status)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
