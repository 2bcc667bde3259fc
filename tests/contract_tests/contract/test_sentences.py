"""The contract's page and the sentences that the suite holds are about the same rules."""

import re
from pathlib import Path

from contract_tests.contract.sentences import SENTENCES

PAGE = Path(__file__).parents[3] / "docs" / "contract.md"


def test_the_page_lists_every_sentence_once_and_no_other():
    lists = re.findall(r"^Ids: (.+?)\.$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    listed = [name for names in lists for name in re.findall("`(.+?)`", names)]
    assert sorted(listed) == sorted(sentence.id for sentence in SENTENCES)
