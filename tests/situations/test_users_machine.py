"""Homes, caches, full disks, moved checkouts, foreign packages: machines as users have them."""

import logging
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path

import pytest

from podium import PACKAGES
from shared.errors import NoHome
from shared.model.built_in import built_in_version
from shared.model.model import open_model
from shared.places import cache_directory

ROOT = Path(__file__).parents[2]
DEADLINE_S = 100
CHECK = ("check", "wsgi", "--case", "1.1.1")
# A user of a number of its own, who is not root and has no entry in passwd(5).
STRANGER = ("unshare", "--user", "--map-user=54321")
# Mounts are this process's own, and root's rights are for nothing outside.
ALONE = ("unshare", "--user", "--mount", "--map-root-user")


def run(*arguments, cwd, prefix=(), **variables):
    """`podium ARGUMENTS` to its end; a variable that is None is not set."""
    environment = {**os.environ, **variables}
    return subprocess.run(
        [*prefix, sys.executable, "-m", "podium", *map(str, arguments)],
        cwd=cwd,
        env={name: str(value) for name, value in environment.items() if value is not None},
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )


PREPARE = """
from implementations.launching.run_directory import make_run_directory
run = make_run_directory()
print(run.path, run.default_model, (run.default_model / "manifest.json").stat().st_size)
run.remove()
"""


def prepared(prefix, **variables) -> list[str]:
    """Where a start's own directory and its model are, and how long the model's file is."""
    done = subprocess.run(
        [*prefix, sys.executable, "-c", PREPARE],
        cwd=ROOT,
        env=os.environ | {name: str(value) for name, value in variables.items()},
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def is_one_sentence(done) -> bool:
    """Whether it ended with one, after what it says of its work and of others who measure."""
    *_, last = done.stderr.splitlines()
    return last.startswith(("podium: ", "Error: ")) and "Traceback" not in done.stderr


@pytest.fixture
def stranger():
    """What runs a command as a user whom the machine does not know."""
    if subprocess.run([*STRANGER, "true"], capture_output=True, check=False).returncode:
        pytest.skip("only Linux with user namespaces has users at will")
    return STRANGER


@pytest.fixture
def alone():
    """What runs a command with mounts of its own."""
    if subprocess.run([*ALONE, "true"], capture_output=True, check=False).returncode:
        pytest.skip("only Linux with user namespaces has mounts at will")
    return ALONE


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("PODIUM_CACHE_DIR", str(folder))
    return folder


# Places


@pytest.mark.parametrize(
    ("variables", "place"),
    [
        ({"PODIUM_CACHE_DIR": "/a", "XDG_CACHE_HOME": "/b"}, "/a"),
        ({"XDG_CACHE_HOME": "/b", "HOME": "/c"}, "/b/podium"),
        ({"XDG_CACHE_HOME": "relative", "HOME": "/c"}, "/c/.cache/podium"),
        ({"HOME": "/c"}, "/c/.cache/podium"),
        ({"HOME": ""}, None),
    ],
)
def test_the_cache_has_one_place(variables, place, monkeypatch):
    """A relative XDG_CACHE_HOME is invalid, and no folder of the working directory is taken."""
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("PODIUM_CACHE_DIR", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    if place is None:
        with pytest.raises(NoHome):
            cache_directory()
    else:
        assert cache_directory() == Path(place)


def test_a_user_without_home_and_entry_is_served_and_leaves_nothing_behind(stranger, tmp_path):
    nowhere = {"HOME": None, "PODIUM_CACHE_DIR": None, "XDG_CACHE_HOME": None}
    done = run(*CHECK, cwd=tmp_path, prefix=stranger, **nowhere)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_model_in_the_cache_may_be_read_by_whom_the_umask_lets(cache):
    mask = os.umask(0o022)
    try:
        version = built_in_version("iris")
    finally:
        os.umask(mask)
    assert cache in version.parents
    assert {file.stat().st_mode & 0o777 for file in version.iterdir()} == {0o644}
    assert version.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda content: b"", id="empty", marks=pytest.mark.long),
        pytest.param(lambda content: b"not a model", id="foreign", marks=pytest.mark.long),
        pytest.param(lambda content: content[:-70], id="cut"),
        pytest.param(
            lambda content: content[:90] + bytes([content[90] ^ 1]) + content[91:],
            id="flipped",
            marks=pytest.mark.long,
        ),
    ],
)
def test_a_damaged_model_in_the_cache_is_made_again_with_a_sentence(damage, cache, caplog):
    file = built_in_version("iris") / "compiled.json"
    file.write_bytes(damage(file.read_bytes()))
    with caplog.at_level(logging.WARNING):
        version = built_in_version("iris")
    assert open_model(version).name == "iris"
    assert cache in version.parents
    [said] = caplog.messages
    assert "a model in the cache is made again: The model version in " in said
    assert str(cache) in said


@pytest.mark.parametrize("unreadable", ["folder", pytest.param("file", marks=pytest.mark.long)])
def test_a_cache_of_another_user_is_done_without(unreadable, stranger, cache):
    prepared(())
    locked = built_in_version("iris") / "manifest.json" if unreadable == "file" else cache
    locked.chmod(0)
    try:
        run_directory, found, size = prepared(stranger)
    finally:
        locked.chmod(0o755)
    assert found.startswith(run_directory)
    assert int(size) == (built_in_version("iris") / "manifest.json").stat().st_size


def test_a_folder_in_which_no_study_can_be_written_is_named_before_the_run(stranger, tmp_path):
    tmp_path.chmod(0o555)
    done = run("compare", "wsgi", "asgi", "--quick", cwd=tmp_path, prefix=stranger)
    tmp_path.chmod(0o755)
    assert done.returncode == 2
    assert is_one_sentence(done), done.stderr
    assert f"{tmp_path}/studies (Permission denied)" in done.stderr
    assert "--study" in done.stderr


@pytest.mark.long
def test_a_calibration_that_cannot_be_kept_is_printed(stranger, tmp_path):
    tmp_path.chmod(0o555)
    done = run("calibrate", cwd=tmp_path, prefix=stranger, PODIUM_CACHE_DIR=tmp_path / "cache")
    tmp_path.chmod(0o755)
    assert done.returncode == 2
    assert "requests/s" in done.stdout
    assert is_one_sentence(done)
    assert "kept nowhere (Permission denied)" in done.stderr


SMALL = "mount -t tmpfs -o size=4k none {}; "
MEMORY = "/dev/shm"  # noqa: S108 - a mount of our own


def test_a_full_shared_memory_is_done_without(alone, tmp_path):
    small = (*alone, "sh", "-c", SMALL.format(MEMORY) + 'exec "$@"', "sh")
    cache = tmp_path / "cache"
    cache.touch()
    run_directory, found, _ = prepared(small, PODIUM_CACHE_DIR=cache)
    assert found.startswith(run_directory)
    assert not run_directory.startswith("/dev")


def test_where_all_is_full_the_places_are_named(alone, tmp_path):
    folder = tmp_path / "full"
    folder.mkdir()
    small = (*alone, "sh", "-c", SMALL.format(folder) + 'exec "$@"', "sh")
    cache = tmp_path / "cache"
    cache.touch()
    serve = ("load", "wsgi", "--operation", "count", "--duration", "0.1")
    done = run(*serve, cwd=tmp_path, prefix=small, PODIUM_CACHE_DIR=cache, TMPDIR=folder)
    assert done.returncode == 2
    assert is_one_sentence(done), done.stderr
    assert f"{folder} (No space left on device)" in done.stderr
    assert "TMPDIR" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [("report", "."), ("report", "/"), ("report", ""), ("compare", "wsgi", "--study", "")],
    ids=" ".join,
)
def test_a_study_without_a_name_is_one_sentence(arguments, tmp_path):
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert is_one_sentence(done), done.stderr


# Python


@pytest.mark.parametrize(
    "where", ["the working folder", pytest.param("PYTHONPATH", marks=pytest.mark.long)]
)
def test_other_packages_of_our_names_are_not_taken_for_ours(where, tmp_path):
    for name in {*PACKAGES} - {"podium"}:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('not ours')")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    path = {"PYTHONPATH": f"{tmp_path}:{ROOT}"} if where == "PYTHONPATH" else {}
    done = run(
        *("load", "wsgi", "--operation", "count", "--duration", "0.1"),
        cwd=elsewhere if path else tmp_path,
        **path,
    )
    assert done.returncode == 0, done.stderr


def test_all_packages_are_found_so():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert sorted(wheel["packages"]) == sorted(PACKAGES)


@pytest.mark.parametrize("folder", [".", "benchmarks", "benchmarks/engine", "examples"])
def test_no_name_of_ours_hides_a_module_of_the_standard_library(folder):
    """In a folder that Python or Locust puts on the path."""
    names = {path.stem for path in (ROOT / folder).iterdir() if path.suffix in ("", ".py")}
    assert not names & set(sys.stdlib_module_names)


@pytest.mark.parametrize("level", ["1", "2"])
def test_a_python_that_drops_what_the_suite_needs_is_refused(level, tmp_path):
    done = run("check", "--list", cwd=tmp_path, PYTHONOPTIMIZE=level)
    assert (done.returncode, done.stdout) == (2, "")
    assert is_one_sentence(done), done.stderr
    assert "PYTHONOPTIMIZE" in done.stderr


def test_make_names_an_interpreter_that_is_too_old_before_it_installs(tmp_path):
    old = tmp_path / "python"
    old.write_text(
        f'#!/bin/sh\nexec "{sys.executable}" -c "import sys; sys.version_info = (3, 10, 13)\n$2"\n'
    )
    old.chmod(0o755)
    done = subprocess.run(
        ["make", f"PYTHON={old}", f"VENV={tmp_path}/venv", "env"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"podium needs Python 3.11 or newer, and {old} is Python 3.10.13")
    assert not (tmp_path / "venv").exists()


# Checkouts


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A checkout on a path that is not ASCII, with an environment in it that `make env` ends."""
    checkout = tmp_path_factory.mktemp("a") / "pödium"
    checkout.mkdir()
    for name in PACKAGES:
        shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, checkout)
    venv.create(checkout / ".venv", symlinks=True)
    python = checkout / ".venv" / "bin" / "python"
    (site,) = checkout.glob(".venv/lib/*/site-packages")
    (site / "locked.pth").write_text(sysconfig.get_path("purelib") + "\n")
    install = ("install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation")
    for command in (
        [sys.executable, "-m", "pip", "--python", python, *install, "--editable", checkout],
        [python, "-m", "podium.relocate"],
    ):
        subprocess.run(command, check=True, capture_output=True, cwd=checkout, timeout=DEADLINE_S)
    return checkout


def says(command, **variables) -> str:
    done = subprocess.run(
        [command, "--help"],
        cwd="/",
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_checkout_on_a_path_that_is_not_ascii_runs_in_the_c_locale(checkout):
    assert "compare" in says(checkout / ".venv" / "bin" / "podium", LC_ALL="C")


def test_a_command_of_the_environment_is_isolated(checkout, tmp_path):
    (tmp_path / "podium").mkdir()
    (tmp_path / "podium" / "__init__.py").write_text("raise RuntimeError('not ours')")
    command = checkout / ".venv" / "bin" / "podium"
    assert says(command, PYTHONPATH=str(tmp_path), PYTHONOPTIMIZE="2") == says(command)


@pytest.mark.parametrize("how", ["copied", "moved"])
def test_a_checkout_that_was_copied_or_moved_runs_its_own_code(how, checkout, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(checkout, tmp_path / "copy", symlinks=True)
    if how == "moved":
        (tmp_path / "copy").rename(other)
    else:
        shutil.copytree(tmp_path / "copy", other, symlinks=True)
    code = other / "podium" / "__main__.py"
    code.write_text(code.read_text().replace("the main job", "the other job"))
    assert "the other job" in says(other / ".venv" / "bin" / "podium")
    assert "the main job" in says(checkout / ".venv" / "bin" / "podium")


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("setting", ["PIP_USER", "PIP_TARGET", "configuration"])
def test_pips_own_settings_lead_nothing_out_of_the_environment(setting, tmp_path):
    configuration = tmp_path / "pip.conf"
    configuration.write_text(f"[install]\nuser = true\n[global]\ntarget = {tmp_path}/target\n")
    variables = {
        "PIP_USER": {"PIP_USER": "1"},
        "PIP_TARGET": {"PIP_TARGET": str(tmp_path / "target")},
        "configuration": {"PIP_CONFIG_FILE": str(configuration)},
    }[setting]
    for name in (
        *PACKAGES,
        "Makefile",
        "pyproject.toml",
        "requirements.lock",
        "README.md",
        "LICENSE",
    ):
        (tmp_path / name).symlink_to(ROOT / name)
    done = subprocess.run(
        ["make", f"PYTHON={sys.executable}", "env"],
        cwd=tmp_path,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "target").exists()
    assert (tmp_path / ".venv" / "bin" / "podium").exists()
