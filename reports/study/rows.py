"""Records as rows of SQLite tables: one table a class, one column a field.

Numbers and text are stored as themselves, so that `sqlite3 FILE` can query them; tuples, mappings
and nested records as JSON text.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields, is_dataclass
from types import UnionType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

Record = TypeVar("Record")
SqlValue = int | float | str | None


def columns(record_class: type[Any]) -> str:
    """Return the names of the columns as SQL, in the order of the fields."""
    return ", ".join(f'"{field.name}"' for field in fields(record_class))


def to_row(record: Any) -> tuple[SqlValue, ...]:
    """Return the record's values in the order of `columns`."""
    return tuple(_to_sql(getattr(record, field.name)) for field in fields(record))


def from_rows(record_class: type[Record], rows: Iterable[Sequence[SqlValue]]) -> tuple[Record, ...]:
    """Return the records that `to_row` made the rows from; raises ValueError for another shape."""
    hints = get_type_hints(record_class)
    kinds = [(field.name, hints[field.name]) for field in fields(cast(Any, record_class))]
    return tuple(
        record_class(
            **{name: _from_sql(kind, value) for (name, kind), value in zip(kinds, row, strict=True)}
        )
        for row in rows
    )


def _to_sql(value: Any) -> SqlValue:
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, str):
        return _storable(value)
    document = asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
    return _storable(json.dumps(document, ensure_ascii=False, default=asdict))


def _storable(text: str) -> str:
    # What a broken server sent may hold bytes that are no text; SQLite takes only text.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _from_sql(kind: Any, value: SqlValue) -> Any:
    if value is None:
        return None
    if _is_structured(kind):
        if not isinstance(value, str):
            raise ValueError(f"expected JSON text and found {value!r}")
        return _rebuild(kind, json.loads(value))
    if kind is bool:
        return bool(value)
    return float(value) if _is_float(kind) else value


def _is_float(kind: Any) -> bool:
    return kind is float or (isinstance(kind, UnionType) and float in get_args(kind))


def _is_structured(kind: Any) -> bool:
    origin = get_origin(kind)
    return is_dataclass(kind) or (isinstance(origin, type) and origin is not UnionType)


def _rebuild(kind: Any, document: Any) -> Any:
    if get_origin(kind) is tuple:
        return tuple(_rebuild(get_args(kind)[0], item) for item in document)
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        return kind(**{name: _rebuild(hints[name], value) for name, value in document.items()})
    return document
