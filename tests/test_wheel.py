"""The wheel, installed where nothing else of the checkout is: it checks a foreign backend."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """An environment with the wheel, and the locked packages it depends on."""
    directory = tmp_path_factory.mktemp("wheel")
    run("-m", "build", "--wheel", "--no-isolation", "--outdir", str(directory), str(ROOT))
    (wheel,) = directory.glob("*.whl")
    environment = directory / "environment"
    venv.create(environment, with_pip=False, symlinks=True)
    python = environment / "bin" / "python"
    run(
        *("-m", "pip", "--python", str(python), "install", "--quiet", "--no-index", "--no-deps"),
        *("--disable-pip-version-check", str(wheel)),
    )
    # As a line of a .pth file the packages of this environment are seen, and the checkout, which
    # is itself only a .pth file there, is not.
    (found,) = environment.glob("lib/*/site-packages")
    (found / "locked.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return environment


@pytest.fixture(scope="module")
def foreign():
    """The address of the examples' backend, which is not written with podium."""
    with subprocess.Popen(
        [sys.executable, str(ROOT / "examples" / "foreign_backend.py"), "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        yield process.stdout.readline().strip()
        process.terminate()


def run(*arguments):
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True, timeout=100)


def podium(installed, folder, *arguments):
    environment = {name: value for name, value in os.environ.items() if "PYTHON" not in name}
    return subprocess.run(
        [installed / "bin" / "podium", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_a_foreign_backend_is_checked_from_an_empty_folder(installed, foreign, tmp_path):
    """With all that is not code: the catalogue, the sample, the pages' templates."""
    sample = ROOT / "examples" / "penguins.json"
    done = podium(
        installed,
        tmp_path,
        *("check", "--url", foreign, "--sample", str(sample), "--timeout", "5"),
        *("--section", "operations", "--section", "drain", "--out", "report", "--json"),
    )
    assert done.returncode == 1, done.stdout + done.stderr
    document = json.loads(done.stdout)
    numbers = document["counts"]
    assert numbers["passed"] > 20
    assert numbers["failed"] > 0
    assert all(case["number"] for case in document["cases"])
    assert {file.name for file in tmp_path.iterdir()} == {"report"}
    page = (tmp_path / "report" / "check.html").read_text()
    assert "curl " in page


def test_every_package_says_that_it_is_typed(installed):
    (packages,) = installed.glob("lib/*/site-packages")
    typed = {path.parent.name for path in packages.glob("*/py.typed")}
    assert typed == {path.parent.name for path in packages.glob("*/__init__.py")}
    assert "podium" in typed


def test_nothing_of_the_checkout_is_used(installed, tmp_path):
    code = "import podium, contract_tests; print(podium.__file__, contract_tests.__file__)"
    done = subprocess.run(
        [installed / "bin" / "python", "-c", code],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    files = done.stdout.split()
    assert len(files) == 2
    assert all(file.startswith(str(installed)) for file in files)
    assert podium(installed, tmp_path, "--help").returncode == 0
