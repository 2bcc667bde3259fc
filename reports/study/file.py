"""The study file: all of a study in one SQLite database, appended to as the study runs.

Every append is one committed transaction, so a writer killed at any instant loses nothing that it
had recorded. While it runs, SQLite's write-ahead log stands beside the file (readers never wait,
and no append waits for the disk in the middle of a measurement: the log is folded in at the end of
a block); closing folds it in and removes it.
A power cut may take the last few records, never the file.

The header says which format it is; the footer, written when the study is finished, says how many
records there must be, so that a file that is cut short or torn is seen and never read in part.
"""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Any, Self, TypeVar

from reports.errors import RecordedTwice, StudyExists, StudyFinished
from reports.study.database import (
    TABLES,
    connect,
    explained,
    fold_log,
    fold_log_in_part,
    insert,
    is_finished,
    keep_log,
    read,
    read_all,
    replace_plan,
    require_file,
    require_whole,
    transaction,
    upgrade,
    write_footer,
    write_header,
)
from reports.study.lock import StudyLock
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
    Shape,
    Slice,
    Study,
)

Record = TypeVar("Record")


class StudyFile:
    """The one writer of a study. Use as a context manager, or call `close`."""

    def __init__(self, path: Path, connection: sqlite3.Connection, lock: StudyLock) -> None:
        self.path = path
        self._connection = connection
        self._lock = lock

    @classmethod
    def create(cls, path: Path, plan: Plan, environment: Environment) -> Self:
        """Create a study; raises StudyExists, StudyDiskFull or StudyUnreadable."""
        if path.is_dir():
            raise StudyExists(path)
        with explained(path), ExitStack() as undo:
            lock = StudyLock(path)
            undo.callback(lock.release)
            os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o666))
            undo.callback(path.unlink)
            connection = connect(path, "rw")
            undo.callback(connection.close)
            write_header(connection, plan, environment)
            undo.pop_all()
        return cls(path, connection, lock)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a study to go on with it; raises StudyBusy, or what `read_study` raises."""
        require_file(path)
        with explained(path), ExitStack() as undo:
            lock = StudyLock(path)
            undo.callback(lock.release)
            connection = connect(path, "rw")
            undo.callback(connection.close)
            require_whole(path, connection)
            upgrade(connection)
            keep_log(connection)
            undo.pop_all()
        return cls(path, connection, lock)

    def add_shapes(self, shapes: Sequence[Shape]) -> None:
        """Add the shapes that the pilot chose to the plan."""
        self._require_unfinished()
        with explained(self.path):
            plan = self.plan
            replace_plan(self._connection, replace(plan, shapes=(*plan.shapes, *shapes)))

    def add(
        self, *records: Gate | Ceiling | Block | Round | Slice | Footprint | Recall | ServerCpu
    ) -> None:
        """Append records, all or none; raises RecordedTwice, StudyFinished and StudyDiskFull."""
        self._append(records)

    def end_block(self, block: Block) -> None:
        """Replace the record of a block that was added when it began."""
        self._append([block], replacing=True)
        with explained(self.path):
            fold_log_in_part(self._connection)

    def finish(self, finished_at: str) -> None:
        """Write the footer; nothing can be added afterwards."""
        self._require_unfinished()
        with explained(self.path):
            write_footer(self._connection, finished_at)

    def all(self, record_class: type[Record]) -> tuple[Record, ...]:
        """Return the records of one class that are there so far, in the order of their writing."""
        with explained(self.path):
            return read_all(self._connection, record_class)

    @property
    def plan(self) -> Plan:
        """The plan, with the shapes that were added to it."""
        (plan,) = self.all(Plan)
        return plan

    def read(self) -> Study:
        """Return all that is recorded so far."""
        with explained(self.path):
            return read(self.path, self._connection)

    def close(self) -> None:
        """Fold the log into the one file, unless a reader is still at it, and unlock."""
        try:
            with explained(self.path), closing(self._connection):
                fold_log(self._connection)
        finally:
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _append(self, records: Sequence[Any], *, replacing: bool = False) -> None:
        self._require_unfinished()
        with explained(self.path), transaction(self._connection):
            for record in records:
                try:
                    insert(self._connection, record, replacing=replacing)
                except sqlite3.IntegrityError:
                    table, key = TABLES[type(record)]
                    what = ", ".join(f"{name} {getattr(record, name)}" for name in key)
                    raise RecordedTwice(self.path, f"the {table} of {what}") from None

    def _require_unfinished(self) -> None:
        with explained(self.path):
            if is_finished(self._connection):
                raise StudyFinished(self.path)


def read_study(path: Path) -> Study:
    """Read all of a study file, finished or not, also while it is being written.

    Raises StudyMissing, NotAStudy, StudyDamaged, StudyTooNew or StudyUnreadable.
    """
    require_file(path)
    with explained(path), closing(connect(path, "ro")) as connection:
        require_whole(path, connection)
        return read(path, connection)
