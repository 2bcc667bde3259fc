"""The private directory of one start of a service: counter, ready files, log, what it imports.

It is the server's working directory, has a random name, and goes when the service ends. Its lock is
held by whoever uses it, so that what a power cut or two `kill -9` left is found and removed.
"""

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from implementations.errors import NoRunDirectory
from implementations.places import PROJECT, run_parents
from implementations.versions_inside import VERSIONS_FILE
from shared.counter import create_counter_file
from shared.model.built_in import DEFAULT_MODEL, built_in_version

_PREFIX = "podium-run-"


@dataclass(frozen=True)
class RunDirectory:
    """Paths in the private directory of one start.

    `lock` : the descriptor that holds it. `default_model` : the version of the model that is served
    unless another is asked for; in the cache, or in this directory where that cannot be used.
    """

    path: Path
    lock: int
    default_model: Path | None = None

    @property
    def counter_file(self) -> Path:
        return self.path / "counter"

    @property
    def ready_directory(self) -> Path:
        """The directory in which each ready worker puts a file named by its process id."""
        return self.path / "ready"

    @property
    def keys_file(self) -> Path:
        """The API keys that all workers ask for, those that replace others included."""
        return self.path / "keys"

    @property
    def log_file(self) -> Path:
        return self.path / "server.log"

    @property
    def versions_file(self) -> Path:
        """What a worker has said of its versions, see `implementations.versions_inside`."""
        return self.path / VERSIONS_FILE

    @property
    def import_directory(self) -> Path:
        """The directory of `shared` and `implementations`, and of nothing else to import."""
        return self.path / "import"

    def ready_pids(self) -> set[int]:
        """Return the ids that workers have left there, those that have died since included."""
        with suppress(FileNotFoundError):  # the keeper has removed it: the server has ended
            return {int(file.name) for file in self.ready_directory.iterdir()}
        return set()

    def copy_keys(self, file: Path) -> None:
        """Copy the API keys to a file that nobody else can read; raises OSError."""
        with open(
            self.keys_file, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)
        ) as copy:
            copy.write(file.read_bytes())

    def let_go(self) -> None:
        """Close our hold on the lock; another process may still hold it."""
        os.close(self.lock)

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


def make_run_directory(*, with_model: bool = True, project: Path | None = None) -> RunDirectory:
    """Make the directory for one start, and the default model if that is to be served.

    `project` : whose `shared` and `implementations` are imported; None for ours. Raises
    NoRunDirectory and NoTemporaryDirectory, which are OSErrors.
    """
    failures = {}
    for parent in run_parents():
        try:
            return _make_in(parent, project or PROJECT, with_model=with_model)
        except OSError as exc:
            failures[str(parent)] = exc.strerror or str(exc)
    raise NoRunDirectory(failures)


def _make_in(parent: Path, project: Path, *, with_model: bool) -> RunDirectory:
    _sweep(parent)
    # Named for the sweep only when it is locked.
    made = Path(tempfile.mkdtemp(prefix=".podium-", dir=parent))
    lock = os.open(made / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    path = made.rename(parent / (_PREFIX + made.name.removeprefix(".podium-")))
    try:
        model = built_in_version(DEFAULT_MODEL, path / "models") if with_model else None
        run = RunDirectory(path, lock, model)
        create_counter_file(run.counter_file)
        run.ready_directory.mkdir()
        run.log_file.touch()
        run.import_directory.mkdir()
        for package in ("shared", "implementations"):
            (run.import_directory / package).symlink_to(project / package)
    except BaseException:
        shutil.rmtree(path, ignore_errors=True)
        os.close(lock)
        raise
    return run


def _sweep(parent: Path) -> None:
    """Remove directories of ours that nobody holds any more."""
    for path in parent.glob(f"{_PREFIX}*"):
        try:
            lock = os.open(path / "lock", os.O_RDWR)
        except OSError:
            continue
        with suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path, ignore_errors=True)
        os.close(lock)
