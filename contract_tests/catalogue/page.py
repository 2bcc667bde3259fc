"""The catalogue as a page of Markdown, in which a reader finds a case by its number."""

import html
import itertools
from collections.abc import Iterable, Iterator, Sequence

from contract_tests.catalogue.case import Case

_HEAD = """\
# The catalogue of cases

Every case that `podium check` runs: its number, what it sends, what it wants, and why. A number is
never changed and never given again. Written by `python -m contract_tests.catalogue`.
"""


def page(cases: Sequence[Case]) -> str:
    """The page for `cases`, which come by number."""
    by_section = itertools.groupby(cases, key=lambda case: case.section)
    return _HEAD + "".join(part for name, own in by_section for part in _section(name, list(own)))


def _section(name: str, cases: Sequence[Case]) -> Iterator[str]:
    number = cases[0].number.partition(".")[0]
    yield f"\n## {number} {name}\n"
    for _, own in itertools.groupby(cases, key=lambda case: case.test):
        yield from _test(list(own))


def _test(cases: Sequence[Case]) -> Iterator[str]:
    first = cases[0]
    number = first.number.rpartition(".")[0]
    yield f"\n### {number} {html.escape(first.heading, quote=False)}\n\n"
    why = dict.fromkeys(sentence for case in cases for sentence in case.why)
    for sentence in why:
        source = f" ({sentence.rfc})" if sentence.rfc else ""
        yield f"- `{sentence.id}`: {html.escape(sentence.text, quote=False)}{source}\n"
    if needs := dict.fromkeys(need for case in cases for need in case.needs):
        yield f"\nNeeds: {', '.join(needs)}.\n"
    yield "\n| number | case | sends | wants |\n|---|---|---|---|\n"
    for case in cases:
        yield _row([case.number, *map(_code, (case.id, case.sends, case.wants))])


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def _code(text: str) -> str:
    """Text as it is, in a table's cell."""
    escaped = text.replace("|", "\\|")
    if not text.strip():
        return text
    return f"`` {escaped} ``" if "`" in text else f"`{escaped}`"
