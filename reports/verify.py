"""Whether a study still is what its report was made from, and the report what the study says."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from reports.analysis.findings import REPORT_VERSION
from reports.errors import HistogramDamaged, NotComparable, StudyDamaged
from reports.pages.report_json import report_json
from reports.study.database import require_file
from reports.study.digests import RowDigest, digest_of_all, parse_digests, row_digests
from reports.write import DIGESTS, FIGURES, make_report

_ABSENT = object()


@dataclass(frozen=True)
class Difference:
    """What was to be found somewhere and what was; `None` for nothing at all.

    `where` is a row of the study, the two then being SHA-256 digests, or the JSON Pointer (RFC
    6901) of a figure of `report.json`, the two being JSON texts.
    """

    where: str
    expected: str | None
    found: str | None


@dataclass(frozen=True)
class Verification:
    """The outcome; `sha256` stands for all of the study's rows, as they were found.

    `not_compared` says why the figures could not be made again; `None` if they were.
    """

    sha256: str
    rows: int
    figures: int
    changed_rows: tuple[Difference, ...]
    changed_figures: tuple[Difference, ...]
    not_compared: str | None

    @property
    def verified(self) -> bool:
        """Whether nothing differs."""
        return not (self.changed_rows or self.changed_figures or self.not_compared)


def verify_study(
    study_path: Path, directory: Path, late_after_s: float | None = None
) -> Verification:
    """Compare the rows with `digests.txt`, and the analysis made again with `report.json`.

    `directory` : of both files. `late_after_s` : as for `make_report`. Raises what `read_study`
    raises, and NotComparable for a file of the directory.
    """
    require_file(study_path)
    recorded = parse_digests(_text(directory / DIGESTS))
    published = _document(directory / FIGURES)
    made, not_compared = None, None
    try:
        made = json.loads(report_json(make_report(study_path, late_after_s)))
    except (StudyDamaged, HistogramDamaged) as exc:
        not_compared = exc
    digests = row_digests(study_path)
    changed_rows = tuple(row_differences(recorded, digests))
    if not_compared is not None and not changed_rows:
        raise not_compared
    return Verification(
        sha256=digest_of_all(digests),
        rows=len(digests),
        figures=0 if made is None else sum(1 for _ in _leaves(made)),
        changed_rows=changed_rows,
        changed_figures=() if made is None else tuple(figure_differences(made, published)),
        not_compared=None if not_compared is None else str(not_compared),
    )


def row_differences(
    expected: Sequence[RowDigest], found: Sequence[RowDigest]
) -> Iterator[Difference]:
    """Yield each row that was changed, is missing or is new."""
    gone, new = Counter(expected) - Counter(found), Counter(found) - Counter(expected)
    differing: dict[str, tuple[list[str], list[str]]] = {}
    for side, digests in enumerate((gone, new)):
        for one in digests.elements():
            differing.setdefault(one.row, ([], []))[side].append(one.sha256)
    for row, (before, after) in differing.items():
        for pair in zip_longest(before, after):
            yield Difference(row, *pair)


def figure_differences(expected: Any, found: Any, where: str = "") -> Iterator[Difference]:
    """Yield each place at which two JSON documents differ."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for name in dict.fromkeys((*expected, *found)):
            below = f"{where}/{name.replace('~', '~0').replace('/', '~1')}"
            yield from figure_differences(
                expected.get(name, _ABSENT), found.get(name, _ABSENT), below
            )
    elif isinstance(expected, list) and isinstance(found, list):
        for number, pair in enumerate(zip_longest(expected, found, fillvalue=_ABSENT)):
            yield from figure_differences(*pair, f"{where}/{number}")
    elif (before := _json(expected)) != (after := _json(found)):
        yield Difference(where, before, after)


def _json(value: Any) -> str | None:
    return None if value is _ABSENT else json.dumps(value, ensure_ascii=False)


def _leaves(document: Any) -> Iterator[Any]:
    if isinstance(document, dict | list):
        for part in document.values() if isinstance(document, dict) else document:
            yield from _leaves(part)
    else:
        yield document


def _document(path: Path) -> Any:
    try:
        document = json.loads(_text(path))
    except ValueError as exc:
        raise NotComparable(path, f"it is not JSON: {exc}") from exc
    version = document.get("report_version") if isinstance(document, dict) else None
    if version != REPORT_VERSION:
        raise NotComparable(path, f"its version is {version}, and here {REPORT_VERSION}")
    return document


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as exc:
        raise NotComparable(path, exc.strerror or str(exc)) from exc
