"""The catalogue for a terminal, and for programs."""

import itertools
from collections.abc import Iterable, Iterator

from contract_tests.catalogue.case import Case


def lines(cases: Iterable[Case]) -> Iterator[str]:
    """What a reader is shown: section by section, each case with what it sends, wants and why."""
    for section, own in itertools.groupby(cases, key=lambda case: case.section):
        for place, case in enumerate(own):
            if not place:
                yield f"{case.number.partition('.')[0]} {section}"
            yield f"  {case.number} {case.title}"
            yield f"    sends {case.sends}"
            yield f"    wants {case.wants}"
            for sentence in case.why:
                source = f" ({sentence.rfc})" if sentence.rfc else ""
                yield f"    why   {sentence.id}: {sentence.text}{source}"


def document(cases: Iterable[Case]) -> list[dict[str, object]]:
    """The same as JSON: a list of objects."""
    return [
        {
            "number": case.number,
            "section": case.section,
            "case": case.case,
            "title": case.title,
            "sends": case.sends,
            "wants": case.wants,
            "why": [
                {"sentence": sentence.id, "text": sentence.text, "rfc": sentence.rfc}
                for sentence in case.why
            ],
            "needs": list(case.needs),
        }
        for case in cases
    ]
