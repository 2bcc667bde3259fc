"""One case of the catalogue, and how cases are listed for people and for programs."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from contract_tests.catalogue.wording import own_id
from contract_tests.contract.sentences import SENTENCE_BY_ID, Sentence


@dataclass(frozen=True)
class Case:
    """A case for readers.

    number : such as `4.2.17`; empty where it has none yet.
    case : its test's name with the case's own id, such as `test_text_is_refused[nan]`.
    sentences : ids of the contract's sentences that it holds.
    needs : what a backend must offer to be asked.
    """

    number: str
    section: str
    case: str
    title: str
    sends: str
    wants: str
    sentences: tuple[str, ...]
    needs: tuple[str, ...]

    @property
    def id(self) -> str:
        """The part of its name that is its own; empty for the only case of a test."""
        return own_id(self.case)

    @property
    def why(self) -> tuple[Sentence, ...]:
        """The contract's sentences that it holds, with the sections of RFCs that say the same."""
        return tuple(SENTENCE_BY_ID[sentence_id] for sentence_id in self.sentences)


def lines(cases: Iterable[Case]) -> Iterator[str]:
    """Return the list for people: by section, each case with what it sends, wants and why."""
    for section, own in itertools.groupby(cases, key=lambda case: case.section):
        for index, case in enumerate(own):
            if not index:
                yield f"{case.number.partition('.')[0]} {section}"
            yield f"  {case.number} {case.title}"
            yield f"    sends {case.sends}"
            yield f"    wants {case.wants}"
            for sentence in case.why:
                source = f" ({sentence.rfc})" if sentence.rfc else ""
                yield f"    why   {sentence.id}: {sentence.text}{source}"


def document(cases: Iterable[Case]) -> list[dict[str, object]]:
    """Return the list for programs, as JSON objects."""
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
