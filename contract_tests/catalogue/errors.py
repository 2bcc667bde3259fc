"""The errors of cases, sections and sentences that the catalogue does not have."""

from dataclasses import dataclass

from contract_tests.errors import ContractTestsError
from shared.near_miss import did_you_mean


@dataclass(eq=False)
class UnknownCases(ContractTestsError):
    """A section or a number that the catalogue does not have."""

    name: str
    sections: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"the catalogue has no {self.name!r}{did_you_mean(self.name, self.sections)} "
            f"(`podium check --list` has the numbers; the sections are {', '.join(self.sections)})"
        )


@dataclass(eq=False)
class UnknownSection(ContractTestsError):
    """A file of tests whose section has no number yet."""

    section: str

    def __str__(self) -> str:
        return (
            f"the section {self.section!r} has no number; give it the next one in "
            f"contract_tests/catalogue/numbers.py"
        )


@dataclass(eq=False)
class UnknownSentence(ContractTestsError):
    """A test that holds a sentence which the contract does not have."""

    test: str
    sentence_id: str

    def __str__(self) -> str:
        return (
            f"{self.test} holds {self.sentence_id!r}, which "
            f"contract_tests/contract/sentences.py does not "
            f"have; correct the id or add the sentence"
        )
