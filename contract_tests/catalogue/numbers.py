"""The number of every case: `section.test.case`, such as `4.2.17`.

`numbers.toml` says which case has which. A number is never changed and never given again: that of
a case which is no more stays listed as retired. A case that is renamed keeps its number where the
name is changed in that file by hand. `make catalogue` adds what is missing.
"""

import functools
import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from contract_tests.catalogue.errors import UnknownSection

FILE = Path(__file__).with_name("numbers.toml")

SECTIONS: Mapping[str, int] = {
    "operations": 1,
    "counter": 2,
    "guard": 3,
    "json_in": 4,
    "json_out": 5,
    "problems": 6,
    "media_types": 7,
    "content_limit": 8,
    "paths_and_methods": 9,
    "http": 10,
    "malformed_http": 11,
    "slow_clients": 12,
    "document": 13,
    "readiness": 14,
    "drain": 15,
    "defects": 16,
    "overload": 17,
    "regression": 18,
    "workers": 19,
    "rfc": 20,
    "model_version": 21,
}
"""The sections, each named after its file; a new one is added with the next number."""

_HEAD = """\
# The number of every case, and of those that are no more: none is ever changed or given again.
# `make catalogue` adds what is missing.
"""
_RETIRED = "retired"

Key = tuple[str, str]
"""A case by its section and name: `("json_in", "test_text_is_refused[nan]")`."""


@dataclass(frozen=True)
class Numbers:
    """The numbers of all cases, now and in the past."""

    live: Mapping[Key, str]
    retired: Mapping[Key, str]

    def number_of(self, section: str, case: str) -> str:
        """The number of a case; empty where it has none yet."""
        return self.live.get((section, case), "")

    def updated_for(self, keys: Iterable[Key]) -> "Numbers":
        """The numbers with these cases, in this order, and no others live.

        Raises `UnknownSection` for a case of a section that has no number.
        """
        wanted = dict.fromkeys(keys)
        ever = {**self.retired, **self.live}
        # A case that comes back is what it was.
        live = {key: ever[key] for key in wanted if key in ever}
        taken = set(ever.values())
        tests = {
            (section, _test(case)): number.split(".")[1] for (section, case), number in ever.items()
        }
        for section, case in wanted:
            if (section, case) in live:
                continue
            if section not in SECTIONS:
                raise UnknownSection(section)
            first = SECTIONS[section]
            if (section, _test(case)) not in tests:
                tests[section, _test(case)] = _next(taken, f"{first}.", 1)
            number = f"{first}.{tests[section, _test(case)]}."
            live[section, case] = number + _next(taken, number, 2)
            taken.add(live[section, case])
        gone = {key: number for key, number in ever.items() if key not in live}
        return Numbers(live, gone)

    def text(self) -> str:
        """The file: a table for each section, by number."""
        by_number = sorted((order(number), number, key) for key, number in self.live.items())
        tables = {
            section: [(number, case) for _, number, (own, case) in by_number if own == section]
            for section in SECTIONS
        }
        gone = sorted((order(number), number, key) for key, number in self.retired.items())
        tables[_RETIRED] = [(number, " ".join(key)) for _, number, key in gone]
        return _HEAD + "".join(
            f"\n[{name}]\n" + "".join(f'"{n}" = {json.dumps(case)}\n' for n, case in rows)
            for name, rows in tables.items()
            if rows
        )


def read_numbers(text: str) -> Numbers:
    """The numbers in a file's text."""
    tables = tomllib.loads(text)
    retired = tables.pop(_RETIRED, {})
    return Numbers(
        {
            (section, case): number
            for section, rows in tables.items()
            for number, case in rows.items()
        },
        {_key(name): number for number, name in retired.items()},
    )


@functools.cache
def current_numbers() -> Numbers:
    """The numbers as they are now."""
    return read_numbers(FILE.read_text("utf-8") if FILE.exists() else "")


def order(number: str) -> tuple[int, ...]:
    """Return the sort key of a number; no number comes first."""
    return tuple(int(part) for part in number.split(".") if part)


def _key(name: str) -> Key:
    section, _, case = name.partition(" ")
    return section, case


def _test(case: str) -> str:
    return case.partition("[")[0]


def _next(taken: Iterable[str], prefix: str, index: int) -> str:
    used = [int(number.split(".")[index]) for number in taken if number.startswith(prefix)]
    return str(max(used, default=0) + 1)
