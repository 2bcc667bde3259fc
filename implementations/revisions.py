"""Entries as a git revision has them: `DIR@REV` is exported into the cache.

An entry of podium's own tree is exported with that tree's `shared` and `implementations`, so that
the whole of it is compared; any other with its folder alone.
"""

import functools
import re
import subprocess
from dataclasses import replace
from pathlib import Path

from implementations.cached_folder import CachedFolder, cached_folder
from implementations.entry import Entry, read_entry
from implementations.errors import RevisionUnusable
from implementations.places import PROJECT
from shared.places import cache_directory

# It becomes part of a stack's name, in which a colon would begin the server.
_REVISION = re.compile(r"[^\s:]+")
OWN = ("shared", "implementations")


def find_entry(path: Path) -> Entry:
    """Return the entry in the folder `path`, or for `DIR@REV` as that git revision has it.

    The latter's name is `NAME@REV`. Raises EntryInvalid and RevisionUnusable.
    """
    path = path.expanduser()
    found = split_revision(path)
    if found is None:
        return read_entry(path)
    folder, revision = found[0].resolve(), found[1]
    own = folder.parent == PROJECT / "implementations"
    cache = cache_directory() / "revisions"
    exported = _export(PROJECT if own else folder, revision, OWN if own else (), cache).path
    entry = read_entry(exported / folder.relative_to(PROJECT) if own else exported)
    return replace(
        entry,
        name=f"{entry.name}@{revision}",
        python=_beside(folder, entry.python),
        project=exported if own else None,
    )


def split_revision(path: Path) -> tuple[Path, str] | None:
    """Return folder and revision of `DIR@REV`; None for a folder, and where DIR is none."""
    text = str(path)
    if path.is_dir():
        return None
    for at in (number for number, sign in enumerate(text) if sign == "@"):
        if at and Path(text[:at]).is_dir():
            return Path(text[:at]), text[at + 1 :]
    return None


def _beside(folder: Path, python: str | None) -> str | None:
    """Return an entry's interpreter; environments stand beside the folder, and are not in git."""
    if python is None or "/" not in python:
        return python
    return str(folder / Path(python).expanduser())


@functools.cache
def _export(folder: Path, revision: str, paths: tuple[str, ...], cache: Path) -> CachedFolder:
    """Return the folder (or only `paths` of it) of a revision; raises RevisionUnusable."""
    if not _REVISION.fullmatch(revision):
        raise RevisionUnusable(folder, revision, "a revision has neither blanks nor colons")
    top = _git(folder, revision, "it is in no git work tree", "rev-parse", "--show-toplevel")
    prefix = _git(folder, revision, "it is in no git work tree", "rev-parse", "--show-prefix")
    commit = f"{revision}^{{commit}}"
    unknown = "its repository has no such revision; fetch it, or name one that `git log` shows"
    commit = _git(folder, revision, unknown, "rev-parse", "--verify", "--end-of-options", commit)
    absent = "the folder is not in that revision"
    tree = _git(folder, revision, absent, "rev-parse", "--verify", f"{commit}:{prefix}")

    def make(part: Path) -> None:
        with subprocess.Popen(
            ["git", "-C", top, "archive", "--format=tar", tree, *paths], stdout=subprocess.PIPE
        ) as archive:
            unpacked = subprocess.run(["tar", "-x", "-C", part], stdin=archive.stdout, check=False)
        if archive.returncode or unpacked.returncode:
            raise RevisionUnusable(folder, revision, "it cannot be exported")

    # A tree's name is the digest of all that is in it.
    return cached_folder(cache / tree, make)


def _git(folder: Path, revision: str, why_not: str, *arguments: str) -> str:
    """Return what git prints in a folder; raises RevisionUnusable."""
    try:
        done = subprocess.run(
            ["git", "-C", folder, *arguments], capture_output=True, text=True, check=False
        )
    except OSError as exc:
        raise RevisionUnusable(folder, revision, "git is not installed") from exc
    if done.returncode:
        said = done.stderr.strip().splitlines()[:1] if "ownership" in done.stderr else ()
        raise RevisionUnusable(folder, revision, said[0] if said else why_not)
    return done.stdout.rstrip("\n")
