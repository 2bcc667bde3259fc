"""Who may import whom, held by import-linter; each rule is seen failing on a planted import."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("shared", "implementations", "contract_tests", "benchmarks", "reports", "podium")
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"

PLANTED = [
    ("shared", "import implementations", "shared-stands-alone"),
    ("shared", "import flask", "shared-stands-alone"),
    ("implementations", "import contract_tests", "implementations-on-shared"),
    ("implementations/flask", "import benchmarks", "implementations-on-shared"),
    ("contract_tests", "import implementations.flask.app", "backends-by-http"),
    ("contract_tests", "import benchmarks", "tests-and-load-apart"),
    ("benchmarks", "from implementations.falcon import app", "backends-by-http"),
    ("benchmarks", "import contract_tests", "load-and-tests-apart"),
    ("reports", "import shared", "reports-read-files"),
    ("podium", "import locust", "locust-in-its-own-process"),
    ("contract_tests/http", "import contract_tests.contract.expected", "contract-tests-layers"),
    ("contract_tests/contract", "import contract_tests.backends.base", "contract-tests-layers"),
    ("contract_tests/backends", "import contract_tests.run.gate", "contract-tests-layers"),
    ("contract_tests/run", "import contract_tests.suite.cases", "contract-tests-layers"),
    ("reports/study", "import reports.analysis.trials", "reports-layers"),
    ("reports/analysis", "import reports.wording.formats", "reports-layers"),
    ("reports/diff", "import reports.history.history", "reports-layers"),
    ("reports/history", "import reports.wording.formats", "reports-layers"),
    ("reports/wording", "import reports.pages.tables", "reports-layers"),
    ("benchmarks/engine", "import benchmarks.study.plan", "benchmarks-layers"),
    ("benchmarks/workload", "import benchmarks.engine.driver", "benchmarks-layers"),
    ("benchmarks/machine", "import benchmarks.workload.workload", "benchmarks-layers"),
]


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )


def copy_packages(folder: Path) -> Path:
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """The linter's words on a copy with all forbidden imports, each in a module of its own."""
    checkout = copy_packages(tmp_path_factory.mktemp("planted"))
    for number, (folder, statement, _) in enumerate(PLANTED):
        (checkout / folder / f"planted_{number}.py").write_text(statement + "\n")
    done = lint(checkout)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("number", range(len(PLANTED)), ids=[f"{f}-{s}" for f, s, _ in PLANTED])
def test_import_rule_fails_on_a_forbidden_import(planted, number):
    """The rule that forbids the import is reported broken, with the module that has it."""
    folder, _, rule = PLANTED[number]
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    name = next(rule_["name"] for rule_ in contracts["contracts"] if rule_["id"] == rule)
    assert f"{name} BROKEN" in " ".join(planted.split()), planted
    reasons = planted[planted.index("Broken contracts") :]
    of_rule = reasons[reasons.index(name.split("\n")[0][:60]) :]
    assert f"{folder.replace('/', '.')}.planted_{number} -> " in of_rule, planted


@pytest.mark.parametrize("package", ["contract_tests", "benchmarks"])
def test_import_rule_covers_an_implementation_that_is_new(tmp_path, package):
    """A new folder is covered without a change of the rules."""
    checkout = copy_packages(tmp_path)
    shutil.copytree(checkout / "implementations" / "flask", checkout / "implementations" / "eighth")
    (checkout / package / "planted.py").write_text("from implementations.eighth import app\n")
    done = lint(checkout)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{package}.planted -> implementations.eighth.app" in done.stdout


def test_import_rules_hold_in_an_unchanged_copy(tmp_path):
    """The copy itself passes, so what fails above fails for the planted line."""
    done = lint(copy_packages(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_package_has_a_rule_that_was_seen_failing():
    assert {folder.split("/")[0] for folder, _, _ in PLANTED} == set(PACKAGES)
