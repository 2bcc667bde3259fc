"""A finished study, its report and the lock as one file: the same files give the same bytes.

A gzipped tar archive of one folder, in which the report stands beside its study as by default.
Settings, versions and facts of the machine are in the study itself.
"""

import gzip
import re
import shutil
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from reports.errors import BundleDamaged, NotComparable, StudyBusy, StudyUnfinished
from reports.study.file import read_study
from reports.write import DIGESTS, FIGURES, PAGES, default_directory

STUDY = "study.study"
LOCK = "requirements.lock"
REPORT = tuple(f"{default_directory(Path(STUDY))}/{name}" for name in (*PAGES, FIGURES, DIGESTS))

_CHUNK_BYTES = 1 << 20


def write_bundle(study_path: Path, directory: Path, lock: Path | None, out: Path) -> None:
    """Write the study, the report in `directory` and the lock, if there is one, to `out`.

    Raises what `read_study` raises, StudyUnfinished, NotComparable for a page that is missing, and
    OSError; `out` then is as it was.
    """
    if read_study(study_path).finished_at is None:
        raise StudyUnfinished(study_path)
    log = study_path.with_name(study_path.name + "-wal")
    if log.exists() and log.stat().st_size:
        raise StudyBusy(study_path)
    files = {STUDY: study_path, **{name: directory / Path(name).name for name in REPORT}}
    for name in REPORT:
        if not files[name].is_file():
            raise NotComparable(files[name], "there is none")
    if lock is not None:
        files[LOCK] = lock
    part = out.with_name(out.name + ".part")
    try:
        with part.open("wb") as file:
            _write(file, study_path.stem, files)
        part.replace(out)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _write(file: IO[bytes], folder: str, files: Mapping[str, Path]) -> None:
    # Without name, times and owners, which would differ from one machine to another.
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, path in sorted(files.items()):
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = path.stat().st_size
            member.mode = 0o644
            with path.open("rb") as content:
                archive.addfile(member, content)


def is_bundle(path: Path) -> bool:
    """Whether the file begins as gzip does, and as no study does."""
    with suppress(OSError), path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"
    return False


@contextmanager
def unpacked(path: Path) -> Iterator[tuple[Path, Path]]:
    """Yield the study of a bundle and the directory of its report, for as long as they are read.

    Nothing else of the archive is unpacked. Raises BundleDamaged and OSError.
    """
    with TemporaryDirectory(prefix="podium-bundle-") as temporary:
        folder = Path(temporary)
        try:
            # To its end first, where the check sum of all of it is.
            with gzip.open(path) as content:
                while content.read(_CHUNK_BYTES):
                    pass
            with tarfile.open(path, "r:gz") as archive:
                _unpack(path, archive, folder)
        except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as exc:
            raise BundleDamaged(path, str(exc)) from exc
        yield folder / STUDY, default_directory(folder / STUDY)


def _unpack(path: Path, archive: tarfile.TarFile, folder: Path) -> None:
    found = {one.name.partition("/")[2]: one for one in archive if one.isfile()}
    for name in (STUDY, *REPORT):
        if name not in found or (content := archive.extractfile(found[name])) is None:
            raise BundleDamaged(path, f"it has no {name}")
        target = folder / name
        target.parent.mkdir(exist_ok=True)
        with target.open("wb") as file:
            shutil.copyfileobj(content, file, _CHUNK_BYTES)


def lock_differences(lock: str, versions: Mapping[str, object]) -> dict[str, str]:
    """Return the packages that a study was measured with in another version than the lock's.

    `lock` : the text of `requirements.lock`, `versions` those of the study; by name.
    """
    locked: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", lock, re.MULTILINE):
        locked.setdefault(name, set()).add(version)
    return {
        name: str(version)
        for name, version in versions.items()
        if name in locked and str(version) not in locked[name]
    }
