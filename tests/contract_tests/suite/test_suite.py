"""How the suite chooses backends and cases, seen from outside: pytest runs of their own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from contract_tests.backends.selection import stacks
from contract_tests.conftest import case_name
from contract_tests.contract import allowed
from contract_tests.contract.allowed import ALLOWANCES, allowance
from implementations.catalogue import entries

ROOT = Path(__file__).parents[3]
# Schemathesis' plugin, which our settings leave out, would cost a run outside of them seconds.
PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:schemathesis")


def run_pytest(*arguments: str, ci: bool = False) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    environment["CI"] = "true" if ci else "false"
    return subprocess.run(
        [*PYTEST, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


URL = "http://127.0.0.1:9"


def collected(*arguments: str) -> list[str]:
    done = run_pytest("--collect-only", "-p", "no:randomly", "contract_tests", *arguments)
    return [line for line in done.stdout.splitlines() if "::" in line]


@pytest.fixture(scope="module")
def mine(tmp_path_factory) -> Path:
    """An entry from outside."""
    folder = tmp_path_factory.mktemp("mine")
    (folder / "entry.toml").write_text(
        'name = "mine"\ninterface = "wsgi"\nservers = ["granian"]\nmodel_call = "thread"\n'
    )
    (folder / "app.py").touch()
    return folder


@pytest.fixture(scope="module")
def in_process(mine) -> list[str]:
    """The cases without a choice of backends."""
    return collected("--entry", str(mine))


@pytest.fixture(scope="module")
def served(mine) -> list[str]:
    """The cases of two stacks and a URL."""
    chosen = ("--stack", "wsgi:gunicorn", "--stack", "mine", "--url", URL)
    return collected(*chosen, "--entry", str(mine))


def test_without_options_every_implementation_is_tested_in_process(in_process):
    """That from outside too."""
    names = {
        line.partition("[")[2].rstrip("]").split("-GET")[0]
        for line in in_process
        if "test_count_gives_a_number" in line
    }
    assert names == {"mine", *(entry.name for entry in entries())}


def test_an_entry_from_outside_is_a_stack_too(served, mine):
    assert any("[mine:granian" in line for line in served)
    assert [source.name for source in stacks(["mine"], [mine])] == ["mine:granian"]
    assert "mine:gunicorn" in [source.name for source in stacks(["all"], [mine])]


def test_nothing_is_collected_that_a_backend_cannot_be_asked(in_process, served):
    """So nothing needs to be skipped."""
    here = [line for line in in_process if "[wsgi" in line]
    there = [line for line in served if "wsgi:gunicorn" in line]
    url = [line for line in served if URL in line]
    assert not [line for line in here if "test_drain" in line or "test_malformed_http" in line]
    assert not [line for line in there if "a_defect_is" in line or "test_readiness" in line]
    assert not [line for line in url if "test_drain" in line or "test_the_first_count" in line]
    assert all(len(lines) > 450 for lines in (here, there, url))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--stack", "flsk"], "flsk"),
        (["--stack", "flask:uvicorn"], "flask:uvicorn"),
        (["--url", "ftp://x"], "ftp://x"),
        pytest.param(["--url", "http://x:port"], "http://x:port", marks=pytest.mark.long),
    ],
)
def test_a_wrong_selection_is_told_in_one_sentence(arguments, says):
    done = run_pytest("contract_tests", *arguments)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, done.stdout
    assert says in done.stderr + done.stdout
    assert "Traceback" not in done.stderr + done.stdout


def test_an_empty_selection_is_a_failure():
    done = run_pytest("contract_tests", "-k", "no_such_case")
    assert done.returncode == pytest.ExitCode.NO_TESTS_COLLECTED


def test_a_backend_that_cannot_be_reached_is_an_error():
    done = run_pytest("contract_tests", "--url", "http://127.0.0.1:9", "-k", "health")
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "no backend answers at http://127.0.0.1:9" in done.stdout


REASONS = {
    "refused": "no time",
    "accepted": "network namespaces: forbidden here",
    "linux": "only Linux tells",
}


@pytest.fixture(scope="module", params=[True, False], ids=["CI", "no CI"])
def skips(request, tmp_path_factory) -> tuple[bool, subprocess.CompletedProcess[str]]:
    """A run of tests and modules that are skipped, and of one that is expected to fail."""
    folder = tmp_path_factory.mktemp("skips")
    for name, reason in REASONS.items():
        test, module = (
            f"pytest.skip({reason!r})",
            f"pytest.skip({reason!r}, allow_module_level=True)",
        )
        (folder / f"test_{name}.py").write_text(f"import pytest\ndef test_it():\n    {test}\n")
        (folder / f"test_whole_{name}.py").write_text(f"import pytest\n{module}\n")
    (folder / "test_expected.py").write_text(
        "import pytest\n@pytest.mark.xfail(strict=True)\ndef test_it():\n    assert False\n"
    )
    (folder / "conftest.py").write_text((ROOT / "conftest.py").read_text())
    arguments = ("-rA", "--continue-on-collection-errors", "--rootdir", str(folder))
    return request.param, run_pytest(str(folder), *arguments, ci=request.param)


def test_a_skip_is_a_failure_where_ci_is_true(skips):
    """Unless it is of a kind that no installation mends; an expected failure is no skip."""
    ci, done = skips
    ended = re.findall(r"^(ERROR|FAILED|XFAIL) (?:.*/)?(test_\S+)", done.stdout, re.MULTILINE)
    refused = [("ERROR", "test_whole_refused.py"), ("FAILED", "test_refused.py::test_it")]
    assert sorted(ended) == [*(refused if ci else []), ("XFAIL", "test_expected.py::test_it")]
    assert done.returncode == (pytest.ExitCode.TESTS_FAILED if ci else pytest.ExitCode.OK)
    assert done.stdout.count("which is a failure where CI=true: ") >= 2 * ci
    assert ("which is a failure" in done.stdout) == ci
    assert "optional programs" not in done.stdout


def test_the_summary_names_missing_programs_and_counts_their_tests(tmp_path):
    (tmp_path / "test_skipping.py").write_text(
        "import pytest\n"
        "@pytest.mark.parametrize('program', ['hey', 'ip', 'hey', None])\n"
        "def test_it(program):\n"
        "    pytest.skip(f'{program} is not installed (Debian: x)' if program else 'no time')\n"
    )
    (tmp_path / "conftest.py").write_text((ROOT / "conftest.py").read_text())
    done = run_pytest(str(tmp_path), "--rootdir", str(tmp_path), "-n", "2")
    last = done.stdout.partition("optional programs that are missing")[2].splitlines()[1:3]
    assert last == [
        "hey is not installed (Debian: x): 2 tests skipped",
        "ip is not installed (Debian: x): 1 test skipped",
    ]
    assert "no time" not in done.stdout.partition("optional programs")[2]


def test_a_case_has_the_same_name_on_every_backend():
    assert case_name("test_x[flask-nan]", "flask") == "test_x[nan]"
    assert case_name("test_x[nan-flask]", "flask") == "test_x[nan]"
    assert case_name("test_x[a-falcon-asgi-b]", "falcon-asgi") == "test_x[a-b]"
    assert case_name("test_x[flask:gunicorn]", "flask:gunicorn") == "test_x"


def test_an_allowance_is_for_its_backends_and_case_only():
    one = ALLOWANCES[0]
    assert allowance(one.case, {**one.traits, "implementation": "flask"}) is one
    assert allowance(one.case, {"server": "granian", "interface": "asgi"}) is None
    assert allowance("test_x", dict(one.traits)) is None
    assert all(entry.reason for entry in allowed.ALLOWANCES)


def test_an_allowed_difference_that_is_none_any_more_is_a_failure(tmp_path):
    """The list of allowed differences is kept true by its own cases."""
    plugin = tmp_path / "allow_health.py"
    plugin.write_text(
        "from contract_tests import conftest\nfrom contract_tests.contract import allowed\n"
        "one = allowed.Allowance('test_health_is_ok', {'implementation': 'wsgi'}, 'planted')\n"
        "conftest.allowance = lambda case, traits: one if case == one.case else None\n"
    )
    done = run_pytest(
        "contract_tests", "-k", "test_health_is_ok and wsgi", "-p", "allow_health",
        "-o", f"pythonpath={tmp_path}",
    )  # fmt: skip
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "[XPASS(strict)] planted" in done.stdout
