"""The study file: all of a study in one SQLite database, appended to as the study runs.

Every append is one committed transaction, so a writer killed at any instant loses nothing that it
had recorded. While it runs, SQLite's write-ahead log stands beside the file (readers never wait,
and no append waits for the disk in the middle of a measurement); closing folds the log in again.
A power cut may take the last few records, never the file.

The header says which format it is; the footer, written when the study is finished, says how many
records there must be, so that a file that is cut short or torn is seen and never read in part.
"""

import errno
import os
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, TypeVar

from reports.errors import (
    NotAStudy,
    RecordedTwice,
    StudyDamaged,
    StudyDiskFull,
    StudyExists,
    StudyFileError,
    StudyFinished,
    StudyMissing,
    StudyTooNew,
    StudyUnreadable,
)
from reports.records import (
    Block,
    Ceiling,
    Cost,
    Environment,
    Gate,
    Plan,
    Round,
    Slice,
    Study,
)
from reports.rows import columns, from_rows, to_row
from reports.study_lock import StudyLock

FORMAT_VERSION = 1  # 1: the first
APPLICATION_ID = 0x506F6469  # "Podi", in SQLite's header
LOCK_TIMEOUT_S = 10.0

Record = TypeVar("Record")

# The table of each record class, and the fields that tell two of its records apart.
TABLES: dict[type[Any], tuple[str, tuple[str, ...]]] = {
    Plan: ("plan", ()),
    Environment: ("environment", ()),
    Gate: ("gate", ("label",)),
    Ceiling: ("ceiling", ("operation", "shape")),
    Block: ("block", ("number",)),
    Round: ("round", ("block", "number", "operation", "shape")),
    Slice: ("slice", ("block", "round", "operation", "shape", "label")),
    Cost: ("cost", ("block", "label")),
}


class StudyFile:
    """The one writer of a study. Use as a context manager, or call `close`."""

    def __init__(self, path: Path, connection: sqlite3.Connection, lock: StudyLock) -> None:
        self.path = path
        self._connection = connection
        self._lock = lock

    @classmethod
    def create(cls, path: Path, plan: Plan, environment: Environment) -> Self:
        """A new study; raises StudyExists rather than overwrite, StudyDiskFull, OSError."""
        with _explained(path):
            lock = StudyLock(path)
            try:
                os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o666))
                try:
                    connection = _connect(path, "rw")
                    _write_header(connection, plan, environment)
                except BaseException:
                    path.unlink()
                    raise
            except BaseException:
                lock.release()
                raise
        return cls(path, connection, lock)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Goes on with a study; raises StudyBusy, or what `read_study` raises."""
        _require_file(path)
        with _explained(path):
            lock = StudyLock(path)
            try:
                connection = _connect(path, "rw")
                _require_whole(path, connection)
                _keep_log(connection)
            except BaseException:
                lock.release()
                raise
        return cls(path, connection, lock)

    def add_gate(self, gate: Gate) -> None:
        """Raises RecordedTwice, StudyFinished and StudyDiskFull, as each `add_` does."""
        self._append(gate)

    def add_ceiling(self, ceiling: Ceiling) -> None:
        self._append(ceiling)

    def start_block(self, block: Block) -> None:
        self._append(block)

    def end_block(self, block: Block) -> None:
        """Replaces the record that `start_block` made."""
        self._append(block, replacing=True)
        with _explained(self.path):
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def add_round(self, round_: Round) -> None:
        self._append(round_)

    def add_slice(self, slice_: Slice) -> None:
        self._append(slice_)

    def add_cost(self, cost: Cost) -> None:
        self._append(cost)

    def finish(self, finished_at: str) -> None:
        """Writes the footer; nothing can be added afterwards."""
        self._require_unfinished()
        with _explained(self.path):
            counts = _counts(self._connection)
            self._connection.execute(
                "INSERT INTO footer (finished_at, records) VALUES (?, ?)",
                (finished_at, sum(counts.values())),
            )

    def read(self) -> Study:
        """All that is recorded so far."""
        with _explained(self.path):
            return _read(self.path, self._connection)

    def close(self) -> None:
        """Folds the log into the one file, unless a reader is still at it, and unlocks."""
        try:
            with _explained(self.path), closing(self._connection):
                _fold_log(self._connection)
        finally:
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _append(self, record: Any, *, replacing: bool = False) -> None:
        self._require_unfinished()
        with _explained(self.path):
            try:
                _insert(self._connection, record, replacing=replacing)
            except sqlite3.IntegrityError:
                table, key = TABLES[type(record)]
                what = ", ".join(f"{name} {getattr(record, name)}" for name in key)
                raise RecordedTwice(self.path, f"the {table} of {what}") from None

    def _require_unfinished(self) -> None:
        with _explained(self.path):
            finished = _finished_at(self._connection) is not None
        if finished:
            raise StudyFinished(self.path)


def read_study(path: Path) -> Study:
    """All of a study file, finished or not, also while it is being written.

    Raises StudyMissing, NotAStudy, StudyDamaged, StudyTooNew or StudyUnreadable.
    """
    _require_file(path)
    with _explained(path), closing(_connect(path, "ro")) as connection:
        _require_whole(path, connection)
        return _read(path, connection)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turns SQLite's and the system's errors into ours."""
    try:
        yield
    except FileExistsError:
        raise StudyExists(path) from None
    except OSError as exc:
        if exc.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StudyDiskFull(path) from exc
        raise
    except sqlite3.Error as exc:
        raise _error_of(path, exc) from exc


def _error_of(path: Path, exc: sqlite3.Error) -> StudyFileError:
    code = getattr(exc, "sqlite_errorcode", 0) & 0xFF  # the primary code of an extended one
    if code == sqlite3.SQLITE_FULL:
        return StudyDiskFull(path)
    if code == sqlite3.SQLITE_NOTADB:
        return NotAStudy(path)
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR):
        return StudyDamaged(path, str(exc))
    return StudyUnreadable(path, str(exc))


def _require_file(path: Path) -> None:
    if not path.exists():
        raise StudyMissing(path)
    if not path.is_file():
        raise NotAStudy(path)


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    # Without an isolation level every statement is a transaction of its own.
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        timeout=LOCK_TIMEOUT_S,
    )
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


def _write_header(connection: sqlite3.Connection, plan: Plan, environment: Environment) -> None:
    connection.execute("BEGIN")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {FORMAT_VERSION}")
    for record_class, (table, key) in TABLES.items():
        primary = f", PRIMARY KEY ({', '.join(key)})" if key else ""
        connection.execute(f"CREATE TABLE {table} ({columns(record_class)}{primary})")
    connection.execute("CREATE TABLE header (study_id, created_at)")
    connection.execute("CREATE TABLE footer (finished_at, records)")
    connection.execute(
        "INSERT INTO header (study_id, created_at) VALUES (?, ?)",
        (uuid.uuid4().hex, datetime.now(UTC).isoformat(timespec="seconds")),
    )
    _insert(connection, plan)
    _insert(connection, environment)
    connection.execute("COMMIT")
    _keep_log(connection)


def _insert(connection: sqlite3.Connection, record: Any, *, replacing: bool = False) -> None:
    table, _ = TABLES[type(record)]
    row = to_row(record)
    verb = "REPLACE" if replacing else "INSERT"
    marks = ", ".join("?" * len(row))
    connection.execute(f"{verb} INTO {table} ({columns(type(record))}) VALUES ({marks})", row)


def _require_whole(path: Path, connection: sqlite3.Connection) -> None:
    """Raises what keeps the file from being read whole."""
    application_id, version, page_bytes, pages = (
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("application_id", "user_version", "page_size", "page_count")
    )
    log = path.with_name(path.name + "-wal")
    size_bytes = path.stat().st_size
    if application_id != APPLICATION_ID:
        raise StudyDamaged(path, "it is empty") if size_bytes == 0 else NotAStudy(path)
    if version > FORMAT_VERSION:
        raise StudyTooNew(path, version, FORMAT_VERSION)
    # While there is a log, pages may be in it that are not in the file yet.
    if not (log.exists() and log.stat().st_size) and size_bytes < pages * page_bytes:
        raise StudyDamaged(path, f"{size_bytes} of {pages * page_bytes} bytes are there")
    finding = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if finding != "ok":
        raise StudyDamaged(path, str(finding))
    expected = connection.execute("SELECT records FROM footer").fetchone()
    found = sum(_counts(connection).values())
    if expected is not None and expected[0] != found:
        raise StudyDamaged(path, f"{found} of {expected[0]} records are there")


def _counts(connection: sqlite3.Connection) -> dict[str, int]:
    return {
        table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        for table, _ in TABLES.values()
    }


def _finished_at(connection: sqlite3.Connection) -> str | None:
    row = connection.execute("SELECT finished_at FROM footer").fetchone()
    return None if row is None else row[0]


def _all(connection: sqlite3.Connection, record_class: type[Record]) -> tuple[Record, ...]:
    table, _ = TABLES[record_class]
    rows = connection.execute(f"SELECT {columns(record_class)} FROM {table} ORDER BY rowid")
    return from_rows(record_class, rows)


def _read(path: Path, connection: sqlite3.Connection) -> Study:
    # One transaction: a writer may be adding records meanwhile.
    connection.execute("BEGIN")
    try:
        return _study(connection)
    except (ValueError, TypeError, KeyError) as exc:
        raise StudyDamaged(path, f"a record cannot be read: {exc}") from exc
    finally:
        connection.execute("COMMIT")


def _study(connection: sqlite3.Connection) -> Study:
    ((study_id, created_at),) = connection.execute("SELECT study_id, created_at FROM header")
    (plan,) = _all(connection, Plan)
    (environment,) = _all(connection, Environment)
    return Study(
        study_id=study_id,
        format_version=connection.execute("PRAGMA user_version").fetchone()[0],
        created_at=created_at,
        finished_at=_finished_at(connection),
        plan=plan,
        environment=environment,
        gates=_all(connection, Gate),
        ceilings=_all(connection, Ceiling),
        blocks=_all(connection, Block),
        rounds=_all(connection, Round),
        slices=_all(connection, Slice),
        costs=_all(connection, Cost),
    )


def _keep_log(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")


def _fold_log(connection: sqlite3.Connection) -> None:
    try:
        connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError as exc:
        # A reader holds the log; its own closing, or the next writer's, folds it in.
        if exc.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise
