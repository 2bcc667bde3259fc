"""A new folder is all that a new implementation needs, as CONTRIBUTING promises."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = (
    "shared",
    "implementations",
    "contract_tests",
    "benchmarks",
    "reports",
    "podium",
    "tests",
)
# Of the tests that take no server, those that go over all implementations.
QUICK = (
    "tests/implementations/test_catalogue.py",
    "tests/implementations/test_apps_routing.py",
    "tests/benchmarks/conformity/test_naive.py",
)
OVER_ALL = "entries or all_stacks or every_stack or servers or notes or routing or each_stack"

pytestmark = [pytest.mark.early, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A copy of the tree in which Flask's folder is there a second time."""
    root = tmp_path_factory.mktemp("checkout")
    for name in FOLDERS:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, root / name, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", root)
    eighth = root / "implementations" / "eighth"
    shutil.copytree(root / "implementations" / "flask", eighth)
    toml = (eighth / "entry.toml").read_text()
    (eighth / "entry.toml").write_text(toml.replace('name = "flask"', 'name = "eighth"'))
    return root


def run_pytest(root, *arguments):
    """What pytest prints in the copy; it must pass."""
    environment = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    options = ("-q", "-p", "no:cacheprovider", "-p", "no:randomly", "-m", "not long")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *arguments],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    return done.stdout


def test_the_quick_tests_take_it_as_it_is(checkout):
    printed = run_pytest(checkout, "-rp", *QUICK, "-k", OVER_ALL)
    assert "has_the_contracts_paths_and_methods_and_no_others[eighth]" in printed


def test_the_contract_suite_asks_it_its_cases(checkout):
    summary = run_pytest(checkout, "contract_tests/suite", "-k", "eighth").splitlines()[-1]
    assert int(summary.partition(" passed")[0]) > 500


def test_a_stack_of_it_is_known(checkout):
    done = subprocess.run(
        [sys.executable, "-m", "podium", "stacks", "eighth:gunicorn"],
        cwd=checkout,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.startswith("eighth:gunicorn  ready\n")
