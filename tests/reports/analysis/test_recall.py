"""Only what is remembered in every set costs the place, and only in its operation."""

from dataclasses import replace

import pytest

from reports.analysis.analysis import analyse
from reports.study.records import Recall
from tests.reports.simulated import simulate

FLASK = "flask:gunicorn"


@pytest.mark.parametrize(
    ("ratios", "found"),
    [
        ((1.9, 2.0, 2.2, 2.1, 1.8), True),
        ((1.2, 1.2, 1.2, 1.2, 1.09), False),
        ((1.02, 0.97, 1.0, 1.01, 1.05), False),
        ((), False),
    ],
)
def test_a_stack_that_answers_known_requests_with_less_work_has_no_place(ratios, found):
    study = simulate(operations=("count", "letter_count"))
    study = replace(study, recalls=(Recall(FLASK, "letter_count", ratios),))
    count, letter_count = analyse(study).comparisons
    kinds = {s.label: s.exclusion and s.exclusion.kind for s in letter_count.standings}
    assert kinds.pop(FLASK) == ("remembers_answers" if found else None)
    assert not any((*kinds.values(), *(s.exclusion for s in count.standings)))
