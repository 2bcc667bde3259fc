"""The study file's tables in SQLite, and what tells a whole file from any other."""

import errno
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from reports.errors import (
    NotAStudy,
    StudyDamaged,
    StudyDiskFull,
    StudyExists,
    StudyFileError,
    StudyMissing,
    StudyTooNew,
    StudyUnreadable,
)
from reports.study.records import (
    Block,
    Ceiling,
    Environment,
    Footprint,
    Gate,
    Plan,
    Recall,
    Round,
    ServerCpu,
    Slice,
    Study,
)
from reports.study.rows import columns, from_rows, to_row

# 1: the first; 2: solo blocks, due and unsent requests of open loops; 3: footprint and server CPU
# in tables of their own, sent requests; 4: time throttled and paused; 5: a canary around each
# slice, requests that were on time, what servers remember, and what they were found to have;
# 6: what each stack is made of
FORMAT_VERSION = 6
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
    Footprint: ("footprint", ("label",)),
    ServerCpu: ("server_cpu", ("block", "label")),
    Recall: ("recall", ("label", "operation")),
}

# Tables that the files of earlier formats lack, and the first format that has them.
ADDED_TABLES: dict[type[Any], int] = {Recall: 5}

# Columns that the files of earlier formats lack: the first format that has it, and what it was.
ADDED: tuple[tuple[int, type[Any], str, str], ...] = (
    (2, Block, "solo", "0"),
    (2, Slice, "due", "NULL"),
    (2, Slice, "unsent", "0"),
    (3, Slice, "sent", "NULL"),
    (4, Round, "throttled_ratio", "NULL"),
    (4, Slice, "paused_s", "NULL"),
    (5, Slice, "on_time_histogram", "NULL"),
    (5, Slice, "canary_before_ns", "NULL"),
    (5, Slice, "canary_after_ns", "NULL"),
    (5, Footprint, "found", "'{}'"),
    (6, Environment, "stacks", "'{}'"),
)

# Before format 3 one table had both, each row half of it: the query for what is a table today.
COST_SINCE = 3
FROM_COST: dict[type[Any], str] = {
    Footprint: "SELECT label, startup_s, uss_rest_bytes, pss_rest_bytes, uss_loaded_bytes, "
    "pss_loaded_bytes, '{}' FROM cost WHERE startup_s IS NOT NULL GROUP BY label ORDER BY rowid",
    ServerCpu: "SELECT block, label, server_cpu_us_per_request FROM cost "
    "WHERE server_cpu_us_per_request <> '{}' ORDER BY rowid",
}


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn errors of SQLite and the system into ours."""
    try:
        yield
    except FileExistsError:
        raise StudyExists(path) from None
    except OSError as exc:
        if exc.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StudyDiskFull(path) from exc
        raise StudyUnreadable(path, exc.strerror or str(exc)) from exc
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


def require_file(path: Path) -> None:
    """Raise StudyMissing, or NotAStudy for a directory, unless `path` is a file."""
    if not path.exists():
        raise StudyMissing(path)
    if not path.is_file():
        raise NotAStudy(path)


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """Open a file that exists; `mode` is SQLite's, `ro` or `rw`."""
    # Without an isolation level every statement is a transaction of its own.
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        timeout=LOCK_TIMEOUT_S,
    )
    try:
        connection.execute("PRAGMA synchronous = NORMAL")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def write_header(connection: sqlite3.Connection, plan: Plan, environment: Environment) -> None:
    """Make an empty file a study, in one transaction."""
    connection.execute("BEGIN")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {FORMAT_VERSION}")
    for record_class in TABLES:
        _create_table(connection, record_class)
    connection.execute("CREATE TABLE header (study_id, created_at)")
    connection.execute("CREATE TABLE footer (finished_at, records)")
    connection.execute(
        "INSERT INTO header (study_id, created_at) VALUES (?, ?)",
        (uuid.uuid4().hex, datetime.now(UTC).isoformat(timespec="seconds")),
    )
    insert(connection, plan)
    insert(connection, environment)
    connection.execute("COMMIT")
    keep_log(connection)


def upgrade(connection: sqlite3.Connection) -> None:
    """Bring a file of an earlier format to this one; finished ones stay as they are."""
    version = _version(connection)
    if version == FORMAT_VERSION or is_finished(connection):
        return
    connection.execute("BEGIN")
    for since, record_class, name, value in ADDED:
        if version < since and not _in_cost(connection, record_class):
            table, _ = TABLES[record_class]
            connection.execute(f'ALTER TABLE {table} ADD COLUMN "{name}" DEFAULT {value}')
    for record_class, since in ADDED_TABLES.items():
        if version < since:
            _create_table(connection, record_class)
    if version < COST_SINCE:
        for record_class, query in FROM_COST.items():
            _create_table(connection, record_class)
            connection.execute(f"INSERT INTO {TABLES[record_class][0]} {query}")
        connection.execute("DROP TABLE cost")
    connection.execute(f"PRAGMA user_version = {FORMAT_VERSION}")
    connection.execute("COMMIT")


def write_footer(connection: sqlite3.Connection, finished_at: str) -> None:
    """Record that the study is finished and how many records it has."""
    connection.execute(
        "INSERT INTO footer (finished_at, records) VALUES (?, ?)",
        (finished_at, _records(connection)),
    )


def is_finished(connection: sqlite3.Connection) -> bool:
    """Whether there is a footer."""
    return _finished_at(connection) is not None


def insert(connection: sqlite3.Connection, record: Any, *, replacing: bool = False) -> None:
    """Add a record, or replace the one with its key; raises sqlite3.IntegrityError."""
    table, _ = TABLES[type(record)]
    row = to_row(record)
    verb = "REPLACE" if replacing else "INSERT"
    marks = ", ".join("?" * len(row))
    connection.execute(f"{verb} INTO {table} ({columns(type(record))}) VALUES ({marks})", row)


def replace_plan(connection: sqlite3.Connection, plan: Plan) -> None:
    """Replace the plan, in one transaction."""
    connection.execute("BEGIN")
    connection.execute("DELETE FROM plan")
    insert(connection, plan)
    connection.execute("COMMIT")


def require_whole(path: Path, connection: sqlite3.Connection) -> None:
    """Raise the reason for which the file cannot be read whole, if there is one."""
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
    found = _records(connection)
    if expected is not None and expected[0] != found:
        raise StudyDamaged(path, f"{found} of {expected[0]} records are there")


def read(path: Path, connection: sqlite3.Connection) -> Study:
    """All records; raises StudyDamaged for one that makes no sense."""
    # One transaction: a writer may be adding records meanwhile.
    connection.execute("BEGIN")
    try:
        return _study(connection)
    except (ValueError, TypeError, KeyError) as exc:
        raise StudyDamaged(path, f"a record cannot be read: {exc}") from exc
    finally:
        connection.execute("COMMIT")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit what is done meanwhile, or undo it after an error."""
    connection.execute("BEGIN")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # after some errors SQLite has undone it itself
            connection.execute("ROLLBACK")
        raise


def keep_log(connection: sqlite3.Connection) -> None:
    """Write to a log from now on, which no reader waits for, and fold it in only when told to."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")


def fold_log_in_part(connection: sqlite3.Connection) -> None:
    """Move records that no reader still needs from the log to the file, without waiting."""
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)")


def fold_log(connection: sqlite3.Connection) -> None:
    """Fold the log into the file and remove it."""
    try:
        connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError as exc:
        # A reader holds the log; its own closing, or the next writer's, folds it in.
        if exc.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise


def _study(connection: sqlite3.Connection) -> Study:
    ((study_id, created_at),) = connection.execute("SELECT study_id, created_at FROM header")
    (plan,) = read_all(connection, Plan)
    (environment,) = read_all(connection, Environment)
    return Study(
        study_id=study_id,
        format_version=_version(connection),
        created_at=created_at,
        finished_at=_finished_at(connection),
        plan=plan,
        environment=environment,
        gates=read_all(connection, Gate),
        ceilings=read_all(connection, Ceiling),
        blocks=read_all(connection, Block),
        rounds=read_all(connection, Round),
        slices=read_all(connection, Slice),
        footprints=read_all(connection, Footprint),
        server_cpu=read_all(connection, ServerCpu),
        recalls=read_all(connection, Recall),
    )


def read_all(connection: sqlite3.Connection, record_class: type[Record]) -> tuple[Record, ...]:
    """Return the records of one class; raises ValueError, TypeError or KeyError for nonsense."""
    if _version(connection) < ADDED_TABLES.get(record_class, 0):
        return ()
    if _in_cost(connection, record_class):
        return from_rows(record_class, connection.execute(FROM_COST[record_class]))
    table, _ = TABLES[record_class]
    wanted = columns(record_class)
    for since, changed, name, value in ADDED:
        if changed is record_class and _version(connection) < since:
            wanted = wanted.replace(f'"{name}"', f'{value} AS "{name}"')
    rows = connection.execute(f"SELECT {wanted} FROM {table} ORDER BY rowid")  # noqa: S608 - our own names
    return from_rows(record_class, rows)


def _create_table(connection: sqlite3.Connection, record_class: type[Any]) -> None:
    table, key = TABLES[record_class]
    primary = f", PRIMARY KEY ({', '.join(key)})" if key else ""
    connection.execute(f"CREATE TABLE {table} ({columns(record_class)}{primary})")


def _in_cost(connection: sqlite3.Connection, record_class: type[Any]) -> bool:
    return record_class in FROM_COST and _version(connection) < COST_SINCE


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _records(connection: sqlite3.Connection) -> int:
    """Return how many records there are in all tables."""
    version = _version(connection)
    there = [kind for kind in TABLES if version >= ADDED_TABLES.get(kind, 0)]
    names = [TABLES[kind][0] for kind in there if not _in_cost(connection, kind)]
    if len(names) < len(there):
        names.append("cost")
    tables = " UNION ALL ".join(f"SELECT 1 FROM {name}" for name in names)  # noqa: S608 - our own names
    return int(connection.execute(f"SELECT count(*) FROM ({tables})").fetchone()[0])  # noqa: S608 - our own names


def _finished_at(connection: sqlite3.Connection) -> str | None:
    row = connection.execute("SELECT finished_at FROM footer").fetchone()
    return None if row is None else row[0]
