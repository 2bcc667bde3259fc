"""The private directory of one start of a service: counter, ready files, log, what it imports.

It is the server's working directory, has a random name, and goes when the service ends. Its lock is
held by whoever uses it, so that what a power cut or two `kill -9` left is found and removed.
"""

import fcntl
import functools
import hashlib
import logging
import os
import platform
import shutil
import tempfile
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from implementations.errors import NoRunDirectory
from implementations.places import cache_directory, run_parents
from shared.counter import create_counter_file

_LOG = logging.getLogger(__name__)
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
    """Make the directory for one start, and the model file if there is none.

    Raises NoRunDirectory and NoTemporaryDirectory, which are OSErrors.
    """
    failures = {}
    for parent in run_parents():
        try:
            return _make_in(parent)
        except OSError as exc:
            failures[str(parent)] = exc.strerror or str(exc)
    raise NoRunDirectory(failures)


def _make_in(parent: Path) -> RunDirectory:
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
    """Return the trained model: in the cache or, if that cannot be read and written, in `run`."""
    name = f"iris-{_model_digest()}.skops"
    try:
        cached = cache_directory() / name
        if not _is_whole(cached):
            cached.parent.mkdir(parents=True, exist_ok=True)
            _store_model(cached)
    except OSError:
        _store_model(run / name)
        return run / name
    return cached


def _is_whole(model: Path) -> bool:
    """Whether the model is there and undamaged, which takes no import of numpy; raises OSError."""
    try:
        with zipfile.ZipFile(model) as archive:
            if archive.testzip() is None and "schema.json" in archive.namelist():
                return True
    except FileNotFoundError:
        return False
    except OSError:
        raise
    except Exception:  # noqa: S110 - there is no end to what a damaged archive raises
        pass
    _LOG.warning("the model in the cache was damaged and is made again: %s", model)
    return False


def _store_model(path: Path) -> None:
    from shared.model.files import store  # noqa: PLC0415 (imports numpy)
    from shared.model.training import train  # noqa: PLC0415

    store(train(), path)


@functools.cache
def _model_digest() -> str:
    digest = hashlib.sha256()
    for source in ("files.py", "training.py"):
        digest.update((_PROJECT / "shared" / "model" / source).read_bytes())
    for package in _MODEL_PACKAGES:
        digest.update(f"{package} {metadata.version(package)}\n".encode())
    # Linear algebra is rounded otherwise on another kind of processor, which a home directory that
    # several machines share is no place to forget.
    digest.update("\n".join([platform.machine(), *sorted(_processor())]).encode())
    return digest.hexdigest()[:12]


def _processor() -> set[str]:
    """Return what Linux says of name and abilities of the processors; empty elsewhere."""
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        return {line for line in lines if line.startswith(("model name", "flags", "Features"))}
    return set()
