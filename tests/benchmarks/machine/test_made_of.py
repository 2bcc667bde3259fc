"""`benchmarks.machine.made_of`: whatever of a stack is changed changes what it is made of."""

import ast
import shutil
import sys
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import pytest

from benchmarks.machine.made_of import fingerprint, made_of, sources
from implementations.catalogue import Stack, find_stack
from implementations.environments.asked import Asked

ROOT = Path(__file__).parents[3]
# Needed by a service with a guard, which studies have none of, and to write or read a model's file.
NOT_IN_STUDIES = {"limits", "redis", "sklearn", "skops"}


@pytest.fixture(scope="module")
def flask():
    return made_of(find_stack("flask:gunicorn"), sys.executable)


def test_a_stack_is_made_of_its_python_and_all_that_its_packages_require(flask):
    assert flask["python"] == "{}.{}.{}".format(*sys.version_info)
    packages = flask["packages"]
    assert {"flask", "werkzeug", "gunicorn", "pydantic", "pydantic-core"} <= set(packages)
    assert packages["werkzeug"] == metadata.version("werkzeug")
    assert not {"falcon", "fastapi", "uvicorn", "locust"} & set(packages)


def test_the_packages_that_shared_imports_are_among_them(flask):
    """What is needed for an answer, by the names that distributions give to their modules."""
    imported = set()
    for file in (ROOT / "shared").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            imported |= {name.split(".")[0] for name in names}
    owners = metadata.packages_distributions()
    needed = {name for name in imported if name in owners} - NOT_IN_STUDIES - {"shared"}
    assert "orjson" in needed
    found = {owner.lower() for name in needed for owner in owners[name]}
    assert not {name.replace("_", "-") for name in found} - set(flask["packages"])


def test_a_fingerprint_is_of_the_sources_and_not_of_where_they_lie(tmp_path):
    entry = ROOT / "implementations" / "flask"
    for name in ("b", "a"):
        shutil.copytree(entry, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    before = fingerprint([entry])
    assert fingerprint([tmp_path / "a"]) == before
    with (tmp_path / "a" / "app.py").open("a") as file:
        file.write("# changed\n")
    (tmp_path / "b" / "more.py").write_text("")
    changed = {fingerprint([tmp_path / name]) for name in ("a", "b")}
    assert len({before, *changed}) == 3


def test_a_checkout_of_the_framework_and_a_revision_of_podium_are_among_the_sources(tmp_path):
    usual = find_stack("flask:gunicorn")
    checkout = Stack(usual.entry, usual.server, asked=Asked(framework=str(tmp_path)))
    assert set(sources(checkout)) - set(sources(usual)) == {tmp_path}
    revised = Stack(replace(usual.entry, project=tmp_path), usual.server)
    assert tmp_path / "shared" in sources(revised)
    assert ROOT / "shared" not in sources(revised)


def test_another_stack_has_another_fingerprint(flask):
    falcon = made_of(find_stack("falcon:gunicorn"), sys.executable)
    assert falcon["code"] != flask["code"]
    assert falcon["python"] == flask["python"]


def test_a_process_of_its_own_finds_what_is_found_here(flask):
    """As for a stack with another Python, for which this one stands here by another name."""
    by_another_name = sys.executable.replace("/bin/", "/bin/./")
    assert by_another_name != sys.executable
    assert made_of(find_stack("flask:gunicorn"), by_another_name) == flask
