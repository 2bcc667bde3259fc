"""The private directory of one start of a service: counter, ready files, log, what it imports.

It is the server's working directory, has a random name, and goes when the service ends. Its lock is
held by whoever uses it, so that what a power cut or two `kill -9` left is found and removed.
"""

import fcntl
import hashlib
import os
import shutil
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from implementations.cache import cache_directory
from shared.counter import create_counter_file

_PREFIX = "podium-run-"
_PROJECT = Path(__file__).resolve().parents[2]
# What decides the bytes of a trained model besides the sources.
_MODEL_PACKAGES = ("numpy", "scikit-learn", "skops")


@dataclass(frozen=True)
class RunDirectory:
    """Paths in the private directory of one start; `lock` is the descriptor that holds it."""

    path: Path
    lock: int
    model_file: Path

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


def make_run_directory() -> RunDirectory:
    """Make the directory for one start, and the model file if there is none; raises OSError."""
    parent = _parent()
    _sweep(parent)
    # Named for the sweep only when it is locked.
    made = Path(tempfile.mkdtemp(prefix=".podium-", dir=parent))
    lock = os.open(made / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    path = made.rename(parent / (_PREFIX + made.name.removeprefix(".podium-")))
    try:
        run = RunDirectory(path, lock, _model_file(path))
        create_counter_file(run.counter_file)
        run.ready_directory.mkdir()
        run.log_file.touch()
        run.import_directory.mkdir()
        for package in ("shared", "implementations"):
            (run.import_directory / package).symlink_to(_PROJECT / package)
    except BaseException:
        shutil.rmtree(path, ignore_errors=True)
        os.close(lock)
        raise
    return run


def _parent() -> Path:
    # In memory: writing back the pages of the counter file to a disk would stall its writers.
    memory = Path("/dev/shm")  # noqa: S108 - the folder in it is made with mkdtemp
    if sys.platform == "linux" and os.access(memory, os.W_OK) and "TMPDIR" not in os.environ:
        return memory
    return Path(tempfile.gettempdir())


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


def _model_file(run: Path) -> Path:
    """Return the trained model, in the cache or, if that cannot be written, in `run`."""
    name = f"iris-{_model_digest()}.skops"
    cached = cache_directory() / name
    if cached.exists():
        return cached
    from shared.model.files import ensure_model  # noqa: PLC0415 (imports numpy)

    try:
        cached.parent.mkdir(parents=True, exist_ok=True)
        ensure_model(cached)
    except OSError:
        own = run / name
        ensure_model(own)
        return own
    return cached


def _model_digest() -> str:
    digest = hashlib.sha256()
    for source in ("files.py", "training.py"):
        digest.update((_PROJECT / "shared" / "model" / source).read_bytes())
    for package in _MODEL_PACKAGES:
        digest.update(f"{package} {metadata.version(package)}\n".encode())
    return digest.hexdigest()[:12]
