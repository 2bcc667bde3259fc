"""The SHA-256 of every recorded row: by it a row that was changed since is found and named.

Taken of the values as SQLite keeps them, of whatever tables there are: a byte that makes a record
unreadable is found too. As a text it has one line a row, its digest and its name.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.study.database import connect, explained


@dataclass(frozen=True)
class RowDigest:
    """One row: its table and key as text, and the SHA-256 of its values in hexadecimal."""

    row: str
    sha256: str


def row_digests(path: Path) -> tuple[RowDigest, ...]:
    """Return the digests of all rows of a study file, finished or not, in the order of writing.

    Raises StudyDamaged where the rows cannot be reached, or StudyUnreadable.
    """
    with explained(path), closing(connect(path, "ro")) as connection:
        # What is no text any more, for a changed byte, has a digest nevertheless.
        connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
        connection.execute("BEGIN")
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
        ).fetchall()
        return tuple(digest for (table,) in tables for digest in _of_table(connection, table))


def digests_text(digests: Sequence[RowDigest]) -> str:
    """Return the text, of one line a row, that `parse_digests` reads."""
    return "".join(f"{one.sha256}  {one.row}\n" for one in digests)


def parse_digests(text: str) -> tuple[RowDigest, ...]:
    """Return the digests in a text of `digests_text`; of a damaged line, what is there."""
    parts = [line.partition("  ") for line in text.splitlines()]
    return tuple(RowDigest(row, sha256) for sha256, _, row in parts)


def digest_of_all(digests: Sequence[RowDigest]) -> str:
    """Return one SHA-256 for all rows: that of their `digests_text`."""
    return hashlib.sha256(digests_text(digests).encode()).hexdigest()


def _of_table(connection: sqlite3.Connection, table: str) -> Iterator[RowDigest]:
    quoted = '"' + table.replace('"', '""') + '"'
    columns = connection.execute(f"PRAGMA table_info({quoted})").fetchall()
    names = [column[1] for column in columns]
    key = [column[0] for column in columns if column[5]]
    rows = connection.execute(f"SELECT * FROM {quoted} ORDER BY rowid")  # noqa: S608 - a table's name
    for number, values in enumerate(rows, 1):
        of = [(names[place], values[place]) for place in key] or [("number", number)]
        yield RowDigest(
            row=" ".join([table, *(f"{name}={_printable(value)}" for name, value in of)]),
            sha256=hashlib.sha256(_canonical(names, values)).hexdigest(),
        )


def _canonical(names: Sequence[str], values: Sequence[Any]) -> bytes:
    """Return the row as JSON in ASCII, its members in the order of the columns."""
    document = dict(zip(names, values, strict=True))
    return json.dumps(document, default=lambda blob: {"bytes": blob.hex()}).encode()


def _printable(value: Any) -> str:
    """Return a part of a key on one line, whatever was made of it."""
    return str(value).encode("unicode_escape").decode()
