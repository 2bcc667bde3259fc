"""One case of the catalogue."""

from dataclasses import dataclass

from contract_tests.catalogue.wording import own_id
from contract_tests.contract.sentences import SENTENCE_BY_ID, Sentence


@dataclass(frozen=True)
class Case:
    """What a reader wants to know of a case.

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
    def test(self) -> str:
        """The test that it is a case of."""
        return self.case.partition("[")[0]

    @property
    def id(self) -> str:
        """What tells it from the other cases of its test; empty where it is the only one."""
        return own_id(self.case)

    @property
    def heading(self) -> str:
        """What all cases of its test want."""
        return self.title.removesuffix(f": {self.id}")

    @property
    def why(self) -> tuple[Sentence, ...]:
        """The contract's sentences that it holds, with the sections of RFCs that say the same."""
        return tuple(SENTENCE_BY_ID[sentence_id] for sentence_id in self.sentences)
