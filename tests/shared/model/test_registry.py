"""The registry stays whole: versions are numbered once, appear at once, and are never changed."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from shared.model.errors import (
    BadModelName,
    ModelError,
    NoSuchModel,
    NothingToRollBack,
    RegistryUnusable,
    VersionDamaged,
    VersionInUse,
)
from shared.model.registry import Registry, parse_identity

ROOT = Path(__file__).parents[3]


@pytest.fixture
def registry(tmp_path):
    return Registry(tmp_path / "my models")


def add(registry, name="churn"):
    with registry.adding(name) as (version, directory):
        (directory / "file").write_text(version)
    return version


def test_versions_are_numbered_and_the_first_is_in_use(registry):
    assert [add(registry) for _ in range(3)] == ["1", "2", "3"]
    assert add(registry, "iris") == "1"
    assert registry.names() == ["churn", "iris"]
    assert registry.versions("churn") == ["1", "2", "3"]
    assert registry.in_use("churn").version == "1"
    assert registry.find("churn").name == "1"
    assert (registry.find("churn@3") / "file").read_text() == "3"


def test_use_switches_and_rollback_goes_back_through_all(registry):
    for _ in range(3):
        add(registry)
    for identity in ("churn@3", "churn@2", "churn@2"):
        registry.use(identity)
    assert registry.find("churn").name == "2"
    assert [registry.rollback("churn").version for _ in range(2)] == ["3", "1"]
    with pytest.raises(NothingToRollBack):
        registry.rollback("churn")


def test_a_number_is_never_given_again(registry):
    for _ in range(3):
        add(registry)
    registry.remove("churn@3")
    assert add(registry) == "4"
    assert registry.versions("churn") == ["1", "2", "4"]


def test_the_version_in_use_cannot_be_removed_but_the_model_can(registry):
    add(registry)
    with pytest.raises(VersionInUse):
        registry.remove("churn@1")
    registry.remove("churn")
    assert registry.names() == []
    with pytest.raises(NoSuchModel):
        registry.find("churn")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Iris",
        "a/b",
        "../x",
        ".hidden",
        "a b",
        "iris@",
        "iris@0",
        "iris@1.5",
        "iris@-1",
        "x" * 65,
    ],
)
def test_what_names_no_model_is_refused(text):
    with pytest.raises(BadModelName):
        parse_identity(text)


def test_unknown_models_and_versions_are_told_with_those_there_are(registry):
    add(registry)
    with pytest.raises(NoSuchModel, match=r"no model 'churm' .*there are churn"):
        registry.find("churm")
    with pytest.raises(NoSuchModel, match=r"no version 9 of churn .*there are 1"):
        registry.use("churn@9")


def test_a_version_that_fails_never_becomes_visible(registry):
    def fail():
        with registry.adding("churn") as (_, directory):
            (directory / "file").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert registry.names() == []
    assert [path.name for path in registry.directory.iterdir()] == [".lock"]


ADD = """
import os, sys
from pathlib import Path
from shared.model.registry import Registry
registry = Registry(Path(sys.argv[1]))
for number in range(int(sys.argv[2])):
    with registry.adding("churn") as (version, directory):
        (directory / "file").write_text(version)
        if sys.argv[3] == "die":
            os.kill(os.getpid(), 9)
    registry.use(f"churn@{version}")
"""


def start(registry, count, how="live"):
    arguments = [sys.executable, "-c", ADD, str(registry.directory), str(count), how]
    return subprocess.Popen(arguments, cwd=ROOT)


def test_writers_at_once_lose_nothing(registry):
    writers = [start(registry, 10) for _ in range(3)]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    assert registry.versions("churn") == [str(number) for number in range(1, 31)]
    for version in registry.versions("churn"):
        assert (registry.find(f"churn@{version}") / "file").read_text() == version


def test_what_a_killed_writer_left_is_swept_and_seen_by_nobody(registry):
    add(registry)
    assert start(registry, 1, "die").wait(60) == -signal.SIGKILL
    assert registry.versions("churn") == ["1"]
    assert add(registry) == "2"
    assert sorted(path.name for path in registry.directory.iterdir()) == [".lock", "churn"]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"version": 1}'])
def test_a_pointer_that_says_nothing_is_told(registry, text):
    add(registry)
    (registry.directory / "churn" / "in_use.json").write_text(text)
    with pytest.raises(VersionDamaged, match=r"in_use\.json says no version"):
        registry.find("churn")
    assert registry.find("churn@1").name == "1"


def test_a_full_disk_leaves_the_registry_as_it_was(registry, monkeypatch):
    add(registry)

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RegistryUnusable, match=r"No space left .*PODIUM_MODELS_DIR"):
        add(registry)
    with pytest.raises(RegistryUnusable):
        registry.use("churn@1") if registry.in_use("churn").version != "1" else add(registry)
    assert registry.versions("churn") == ["1"]
    assert registry.in_use("churn").version == "1"


def test_a_directory_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ModelError, match="PODIUM_MODELS_DIR"):
        add(Registry(tmp_path / "file" / "models"))


def test_the_pointer_is_readable_by_others(registry):
    add(registry)
    document = json.loads((registry.directory / "churn" / "in_use.json").read_bytes())
    assert document == {"version": "1", "before": [], "last": 1}
