"""A recording: every case's exchanges on every backend, so that two runs can be compared.

JSON lines. The first says what the file is; each other one is a case on a backend, with its bytes
as text of one character a byte (Latin-1). Values of header fields from the command line are hidden.
"""

import contextlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from reports.check.results import CaseResult, Outcome, WireBytes
from reports.errors import NoRecording

RECORDING_VERSION = 1
_KIND = "podium recording"


@dataclass(frozen=True)
class Recorded:
    """One case on one backend."""

    backend: str
    number: str
    section: str
    case: str
    title: str
    outcome: Outcome
    exchanges: tuple[WireBytes, ...]


class Recording:
    """Writes a recording while a run goes on; raises `OSError` where it cannot begin.

    failure : what ended it before the run; the run goes on without it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.failure: OSError | None = None
        self._file: IO[str] | None = None

    def __enter__(self) -> Self:
        self._file = self._path.open("w", encoding="utf-8")
        self._write({"kind": _KIND, "version": RECORDING_VERSION})
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._file is not None  # noqa: S101 - for the type checker
        with self._failing():
            self._file.close()

    def begin(self, cases: Counter[str]) -> None:
        """So many cases will be run."""

    def note(self, result: CaseResult) -> None:
        """One case has ended."""
        self._write(
            {
                "backend": result.backend,
                "number": result.number,
                "section": result.section,
                "case": result.case,
                "title": result.title,
                "outcome": result.outcome,
                "exchanges": [
                    {
                        "sent": wire.sent.decode("latin-1"),
                        "received": wire.received.decode("latin-1"),
                    }
                    for wire in result.exchanges
                ],
            }
        )

    def _write(self, line: dict[str, Any]) -> None:
        assert self._file is not None  # noqa: S101 - for the type checker
        with self._failing():
            if self.failure is None:
                self._file.write(json.dumps(line, ensure_ascii=False) + "\n")

    @contextlib.contextmanager
    def _failing(self) -> Iterator[None]:
        """Keeps the first error, as one that names the file."""
        try:
            yield
        except OSError as exc:
            exc.filename = str(self._path)
            self.failure = self.failure or exc


def read_recording(path: Path) -> list[Recorded]:
    """What a recording holds; raises `NoRecording`, and `OSError`."""
    with path.open(encoding="utf-8") as file:
        try:
            head = json.loads(file.readline())
            if head != {"kind": _KIND, "version": RECORDING_VERSION}:
                raise NoRecording(path)
            return list(_cases(file))
        except (ValueError, LookupError, TypeError) as exc:
            raise NoRecording(path) from exc


def _cases(lines: IO[str]) -> Iterator[Recorded]:
    for line in lines:
        found = json.loads(line)
        exchanges = tuple(
            WireBytes(wire["sent"].encode("latin-1"), wire["received"].encode("latin-1"))
            for wire in found["exchanges"]
        )
        yield Recorded(
            found["backend"],
            found["number"],
            found["section"],
            found["case"],
            found["title"],
            found["outcome"],
            exchanges,
        )
