"""JSON as it comes in: RFC 8259 to the letter, and what its values may be."""

from collections.abc import Sequence

import pytest

from contract_tests.backends.base import Backend
from contract_tests.suite.cases import case
from contract_tests.suite.json_texts.asking import wrong_answers
from contract_tests.suite.json_texts.groups import GROUPS, NOT_A_NUMBER, JsonText


@pytest.mark.parametrize(
    "texts", [case(group.name, group.texts, holds=group.holds) for group in GROUPS]
)
@pytest.mark.holds("json-in.grammar", "problem.400")
def test_texts_are_answered_as_the_grammar_says(
    backend: Backend, texts: Sequence[JsonText]
) -> None:
    """Texts are taken or refused as RFC 8259's grammar says.

    All texts of one part of the grammar; a failure names and shows those answered wrongly.

    Sends: the texts about {id}, right and wrong ones, to letter_count and predict, each on its
      own
    Wants: to each that is JSON what the operation says of its value; 400 malformed_json to the
      others
    """
    if not backend.sample.numbers:  # what is no number may be right in such a model's rows
        texts = [text for text in texts if text.wanted != NOT_A_NUMBER]
    wrong = wrong_answers(backend, texts)
    if wrong:
        names = ", ".join(one.text.id for one in wrong)
        told = f"{len(wrong)} of {len(texts)} texts are answered wrongly: {names}"
        assert wrong[0].seen == wrong[0].wanted, told
