"""Entries as a git revision has them."""

import shutil
import subprocess
from pathlib import Path

import pytest

from implementations.catalogue import find_stack, servers
from implementations.errors import EntryInvalid, RevisionUnusable
from implementations.places import PROJECT
from implementations.revisions import find_entry, split_revision
from tests.programs import need

ENTRY = 'name = "mine"\ninterface = "wsgi"\nservers = ["{}"]\nmodel_call = "thread"\n'


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b")
    done = subprocess.run(
        ["git", "-C", folder, *identity, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def entry(tmp_path, monkeypatch):
    """A folder in a repository with two commits: granian, then gunicorn by default."""
    need("git")
    monkeypatch.setenv("PODIUM_CACHE_DIR", str(tmp_path / "cache"))
    folder = tmp_path / "a repository" / "backend"
    folder.mkdir(parents=True)
    git(folder.parent, "init", "--quiet")
    (folder.parent / "README").write_text("of the repository")
    git(folder.parent, "add", ".")
    git(folder.parent, "commit", "--quiet", "--message", "empty")
    for server in ("granian", "gunicorn"):
        (folder / "entry.toml").write_text(ENTRY.format(server))
        (folder / "app.py").write_text(f"# for {server}")
        git(folder, "add", ".")
        git(folder, "commit", "--quiet", "--message", server)
    git(folder, "branch", "feature/one", "HEAD~1")
    return folder


@pytest.mark.parametrize("revision", ["HEAD~1", "feature/one", "HEAD@{1}"])
def test_an_entry_is_that_of_the_revision_and_named_after_it(entry, revision):
    path = Path(f"{entry}@{revision}")
    stack = find_stack(f"mine@{revision}", [entry, path])
    assert stack.name == f"mine@{revision}:granian"
    assert (stack.entry.directory / "app.py").read_text() == "# for granian"
    assert sorted(file.name for file in stack.entry.directory.iterdir()) == ["app.py", "entry.toml"]
    assert find_stack("mine", [entry, path]).name == "mine:gunicorn"


def test_what_is_exported_is_kept_by_its_content(entry):
    first = find_entry(Path(f"{entry}@HEAD~1")).directory
    assert find_entry(Path(f"{entry}@feature/one")).directory == first
    assert find_entry(Path(f"{entry}@HEAD")).directory != first


def test_an_interpreter_beside_the_folder_is_found_from_there(entry):
    text = ENTRY.format("granian") + 'python = "../.venv/bin/python"\n'
    (entry / "entry.toml").write_text(text)
    git(entry, "commit", "--quiet", "--all", "--message", "python")
    assert find_entry(Path(f"{entry}@HEAD")).python == str(entry / "../.venv/bin/python")


@pytest.mark.parametrize(
    ("revision", "says"),
    [
        ("nowhere", "no such revision; fetch it"),
        ("HEAD~2", "the folder is not in that revision"),
        ("HEAD:backend", "neither blanks nor colons"),
        ("--all", "no such revision"),
    ],
)
def test_a_revision_that_cannot_be_had_is_told_in_one_sentence(entry, revision, says):
    with pytest.raises(RevisionUnusable, match=says) as told:
        find_entry(Path(f"{entry}@{revision}"))
    assert "\n" not in str(told.value)


def test_a_folder_in_no_repository_is_told(entry, tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    shutil.copytree(entry, tmp_path / "copy")
    with pytest.raises(RevisionUnusable, match="in no git work tree"):
        find_entry(tmp_path / "copy@HEAD")


def test_an_at_sign_in_the_name_of_a_folder_is_no_revision(tmp_path):
    folder = tmp_path / "mine@home"
    folder.mkdir()
    (folder / "entry.toml").write_text(ENTRY.format("granian"))
    assert find_entry(folder).name == "mine"
    assert split_revision(Path(f"{folder}@v1")) == (folder, "v1")
    with pytest.raises(EntryInvalid):
        find_entry(tmp_path / "nowhere@v1")


def test_an_entry_of_podiums_own_tree_comes_with_all_of_that_tree(tmp_path, monkeypatch):
    need("git")
    if not (PROJECT / ".git").exists():
        pytest.skip("this checkout is in no git work tree")
    monkeypatch.setenv("PODIUM_CACHE_DIR", str(tmp_path))
    entry = find_entry(PROJECT / "implementations" / "flask@HEAD")
    assert entry.name == "flask@HEAD"
    assert entry.directory == entry.project / "implementations" / "flask"
    assert sorted(path.name for path in entry.project.iterdir()) == ["implementations", "shared"]
    assert servers(entry.project).keys() >= {"gunicorn", "granian"}
