"""Every sentence of the contract, and every case, was seen failing on a wrong backend.

What fails is credited only where the backend declares the sentence broken, and where the right one
that it is made of passes. Each wrong one has one fault, so none fails a great part of all cases.
"""

import json
import os
import subprocess
import sys

import pytest

from contract_tests.catalogue.numbers import current_numbers
from contract_tests.contract.sentences import SENTENCES
from tests.contract_tests.wrong_backends.gallery import RIGHT, WRONG, made_of

# With `--dist loadfile` one process has them all: the suite is run on the gallery once.
pytestmark = [pytest.mark.early, pytest.mark.timeout(300)]

IDS = [sentence.id for sentence in SENTENCES]
NAMES = [wrong.name for wrong in WRONG]
# What one fault may break at most, of all cases.
LARGEST_PART = 1 / 3
# All cases on all of them take long: so many runs, each a minute or two.
PARTS = 12
BROKEN = [(wrong.name, sentence_id) for wrong in WRONG for sentence_id in sorted(wrong.only)]


def run_on_gallery(file, *whole, timeout_s):
    """Run the suite on the gallery; return the results."""
    environment = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    done = subprocess.run(
        [sys.executable, "-m", "tests.contract_tests.wrong_backends", str(file), *whole],
        env=environment,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    assert file.is_file(), done.stdout[-3000:] + done.stderr[-3000:]
    return json.loads(file.read_text())


@pytest.fixture(scope="session")
def seen(tmp_path_factory):
    return run_on_gallery(tmp_path_factory.mktemp("gallery") / "seen.json", timeout_s=280)


def cases_of(seen):
    return {case for cases in seen["passed"].values() for case in cases}


def uncaught(seen):
    """The cases that no wrong backend fails."""
    failed = {case for cases in seen["failed"].values() for case in cases}
    return sorted(cases_of(seen) - failed)


def test_the_right_ones_pass(seen):
    """So what fails on a wrong one fails for its fault; and they can be asked everything."""
    assert seen["right_failed"] == []
    assert sorted(seen["passed"]) == sorted(source.name for source in RIGHT)


def test_the_right_ones_are_asked_every_case(seen):
    """A case that none of them can be asked, nobody could miss below."""
    asked = {case.partition(" ")[0] for case in cases_of(seen)}
    assert sorted(set(current_numbers().live.values()) - asked) == []


def test_every_backend_of_the_gallery_opens(seen):
    assert seen["errors"] == []


@pytest.mark.parametrize("sentence_id", IDS)
def test_sentence_has_a_case(seen, sentence_id):
    assert sentence_id in seen["held"]


@pytest.mark.parametrize("sentence_id", IDS)
def test_sentence_has_a_wrong_backend(sentence_id):
    assert sentence_id in {broken for _, broken in BROKEN}


@pytest.mark.parametrize(("name", "sentence_id"), BROKEN)
def test_wrong_backend_is_caught(seen, name, sentence_id):
    assert sentence_id in seen["caught"].get(name, [])


def test_every_case_is_caught_failing_by_a_wrong_backend(seen):
    """A case that is listed passes on all of them: add a wrong backend with its mistake."""
    assert uncaught(seen) == []


@pytest.mark.parametrize("wrong", WRONG, ids=NAMES)
def test_what_fails_on_a_wrong_backend_passes_on_the_right_one(seen, wrong):
    passed = set(seen["passed"][made_of(wrong).name])
    assert set(seen["failed"][wrong.name]) <= passed


def test_a_case_that_nothing_fails_is_told():
    """And only such a one, whichever right backend it was asked of."""
    seen = {
        "passed": {"right": ["1.1.1 test_a", "1.1.2 test_b"], "served": ["1.1.1 test_a"]},
        "failed": {"wrong": ["1.1.1 test_a"]},
    }
    assert uncaught(seen) == ["1.1.2 test_b"]


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("part", range(PARTS))
def test_no_wrong_backend_fails_a_great_part_of_all_cases(tmp_path, part):
    """One that did would show of no case that it looks for a certain mistake."""
    names = NAMES[part::PARTS]
    seen = run_on_gallery(tmp_path / "seen.json", *names, timeout_s=1700)
    failed = {name: len(cases) for name, cases in seen["failed"].items()}
    most = LARGEST_PART * len(current_numbers().live)
    assert {name: count for name, count in failed.items() if count > most} == {}
    assert set(failed) == set(names)


def test_names_and_ids_are_distinct():
    names = [source.name for source in (*WRONG, *RIGHT)]
    assert len(set(IDS)) == len(IDS)
    assert len(set(names)) == len(names)
