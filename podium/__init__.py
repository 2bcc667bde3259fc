"""The command: wires the five packages together and holds nothing else.

Other packages of the same names, on PYTHONPATH or in the working folder, are not taken for ours,
and ours hide no module of the standard library.
"""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

PACKAGES = ("benchmarks", "contract_tests", "implementations", "podium", "reports", "shared")
_BESIDE = str(Path(__file__).parents[1])


class _OwnPackages:
    """Finds our packages beside this one, before anything is looked up on `sys.path`."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        ours = path is None and name in PACKAGES
        return PathFinder.find_spec(name, [_BESIDE], target) if ours else None


sys.meta_path.insert(0, _OwnPackages)
