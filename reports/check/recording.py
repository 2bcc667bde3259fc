"""Recordings: every case's exchanges on every backend, so that two runs can be compared.

JSON lines. The first says what the file is; each other one is a case on a backend, with its bytes
as text of one character a byte (Latin-1). Values of header fields from the command line are hidden.
"""

import contextlib
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from reports.check.results import CaseResult, WireBytes
from reports.errors import NoRecording

RECORDING_VERSION = 1
_KIND = "podium recording"
_RECORDED = ("backend", "number", "section", "case", "title", "outcome")


class Recording:
    """Writes a recording while a run goes on; raises `OSError` where the file cannot be opened.

    failure : the error that ended it early; the run goes on without it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("w", encoding="utf-8")
        self.failure: OSError | None = None
        self._write({"kind": _KIND, "version": RECORDING_VERSION})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._failing():
            self._file.close()

    def begin(self, cases: Counter[str]) -> None:
        """Nothing is written before a case has ended."""

    def note(self, result: CaseResult) -> None:
        """Write a case that has ended."""
        self._write(_document(result))

    def _write(self, line: dict[str, Any]) -> None:
        with self._failing():
            if self.failure is None:
                self._file.write(json.dumps(line, ensure_ascii=False) + "\n")

    @contextlib.contextmanager
    def _failing(self) -> Iterator[None]:
        """Keep the first error, as one that names the file."""
        try:
            yield
        except OSError as exc:
            exc.filename = str(self._path)
            self.failure = self.failure or exc


def read_recording(path: Path) -> list[CaseResult]:
    """Return the cases of a recording; raises `NoRecording`, and `OSError`."""
    with path.open(encoding="utf-8") as file:
        try:
            head = json.loads(file.readline())
            if head != {"kind": _KIND, "version": RECORDING_VERSION}:
                raise NoRecording(path)
            return list(_cases(file))
        except (ValueError, LookupError, TypeError, AttributeError) as exc:
            raise NoRecording(path) from exc


def _cases(lines: IO[str]) -> Iterator[CaseResult]:
    for line in lines:
        found = json.loads(line)
        exchanges = tuple(
            WireBytes(**{name: data.encode("latin-1") for name, data in wire.items()})
            for wire in found.pop("exchanges")
        )
        yield CaseResult(**found, exchanges=exchanges)


def _document(result: CaseResult) -> dict[str, Any]:
    return {
        **{name: getattr(result, name) for name in _RECORDED},
        "exchanges": [
            {"sent": wire.sent.decode("latin-1"), "received": wire.received.decode("latin-1")}
            for wire in result.exchanges
        ],
    }
