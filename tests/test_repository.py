"""What the repository promises about itself: the lock, the packages, the commands of the README."""

import re
import shlex
import tomllib
from pathlib import Path

import click
import pytest

from podium.__main__ import COMMANDS, podium
from tests.programs import DEBIAN_PACKAGES

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCK = (ROOT / "requirements.lock").read_text()
DOCUMENTS = [
    path
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md")]
    if path.name != "CHANGELOG.md"
]


def locked_names() -> set[str]:
    return {line.split("==")[0] for line in LOCK.splitlines() if re.match(r"[a-z0-9]", line)}


def test_lock_pins_every_requirement_with_hashes():
    """Each locked requirement is an exact version followed by at least one sha256."""
    blocks = re.split(r"\n(?=[a-z0-9])", LOCK.strip())
    assert len(blocks) > 30
    for block in blocks:
        assert re.match(r"[a-z0-9._-]+==\S+", block), block.splitlines()[0]
        assert "--hash=sha256:" in block, block.splitlines()[0]


def test_lock_names_no_registry():
    assert not re.search(r"https?://|file:|--index-url|--find-links|@ ", LOCK)
    assert not list(ROOT.glob("uv.lock"))


def test_lock_holds_all_dependencies_and_the_build_backend():
    """`pip install --no-deps --no-build-isolation` needs nothing beyond the lock."""
    wanted = [
        *PROJECT["project"]["dependencies"],
        *PROJECT["project"]["optional-dependencies"]["dev"],
        *PROJECT["build-system"]["requires"],
    ]
    assert {re.split(r"[<>=\[;]", name)[0].strip() for name in wanted} <= locked_names()


def test_ci_installs_each_program_that_a_test_may_need():
    """So with CI=true, where a skip is a failure, no test is skipped for want of one."""
    script = (ROOT / ".ci" / "run").read_text()
    for program, package in DEBIAN_PACKAGES.items():
        assert re.search(rf"^need {program} +{package}\b", script, re.MULTILINE), program


def test_all_supported_pythons_are_tried():
    """The workflow tries each that the classifiers name, `make test-pythons` the ends of them."""
    named = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["project"]["classifiers"]))
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text()
    tried = re.search(r"python: \[(.*)\]", workflow)
    assert re.findall(r"[\d.]+", tried[1]) == named
    makefile = (ROOT / "Makefile").read_text()
    ends = re.search(r"^PYTHONS \?= python([\d.]+) python([\d.]+)$", makefile, re.MULTILINE)
    assert list(ends.groups()) == [named[0], named[-1]]
    assert PROJECT["project"]["requires-python"] == f">={named[0]}"


def test_what_is_cited_is_this_version():
    cited = (ROOT / "CITATION.cff").read_text()
    assert f"\nversion: {PROJECT['project']['version']}\n" in cited


def test_wheel_lists_every_package_explicitly():
    listed = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    here = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert set(listed) == here


def test_make_help_lists_every_target():
    """Each step can be run alone, and is found."""
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):(?!.*export )", makefile, re.MULTILINE))
    documented = set(re.findall(r"^([a-z-]+):.*## \S", makefile, re.MULTILINE))
    assert targets == documented
    phony = re.search(r"^\.PHONY:((?:.*\\\n)*.*)$", makefile, re.MULTILINE)
    assert set(phony[1].replace("\\", " ").split()) == targets


def commands_in(document: Path) -> list[list[str]]:
    fenced = re.findall(r"```(?:sh|console)\n(.*?)```", document.read_text(), re.DOTALL)
    lines = [line.removeprefix("$ ").strip() for block in fenced for line in block.splitlines()]
    return [shlex.split(line, comments=True) for line in lines if line]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_documents_name_only_commands_that_exist(document):
    """Every `make TARGET` and `podium VERB` shown in a document is one of ours."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for words in commands_in(document):
        if words[:1] == ["make"]:
            named = [word for word in words[1:] if "=" not in word]
            assert set(named) <= targets, words
        elif words[:1] and words[0].endswith("podium"):
            assert words[1] in COMMANDS or words[1].startswith("-"), words


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_documents_give_commands_only_options_that_they_have(document):
    for words in commands_in(document):
        if not words or not words[0].endswith("podium") or words[1] not in COMMANDS:
            continue
        command, given = podium.get_command(click.Context(podium), words[1]), words[2:]
        if isinstance(command, click.Group):
            command, given = command.get_command(click.Context(command), given[0]), given[1:]
        known = {name for option in command.params for name in (*option.opts, "-h", "--help")}
        options = {word.split("=")[0] for word in given if re.match(r"--?[a-z]", word)}
        assert options <= known, words
