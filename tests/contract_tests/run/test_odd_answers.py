"""However odd an answer is, the case that gets it fails, and shows what it wanted and got."""

import json
import os
import subprocess
import sys

import pytest

from contract_tests.catalogue.numbers import SECTIONS
from tests.contract_tests.run.odd_backends import CONTENTS, FIELDS, WIRES

QUICK = ("operations",)
NAMES = [*CONTENTS, *(f"fields: {name}" for name in FIELDS), *(f"wire: {name}" for name in WIRES)]


def run_on_odd_backends(*sections, timeout_s):
    """As on a machine that calls itself CI, where pytest alone would look for every difference."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.contract_tests.run.odd_backends", *sections],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
        env={**os.environ, "CI": "true", "BUILD_NUMBER": "1"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="session")
def seen():
    return run_on_odd_backends(*QUICK, timeout_s=100)


@pytest.mark.parametrize("name", NAMES)
def test_an_odd_answer_fails_the_case(seen, name):
    """And is no error, which would leave open whether the backend is wrong."""
    ended = [one for one in seen if one["backend"] == name]
    assert [one for one in ended if one["outcome"] == "error"] == []
    assert any(one["outcome"] == "failed" for one in ended)


def test_what_was_wanted_stands_beside_what_came(seen):
    """Or, where no two things were compared, the assertion and the values in it."""
    failed = [one for one in seen if one["outcome"] == "failed"]
    assert [one for one in failed if not one["sentence"]] == []
    bare = [one for one in failed if not one["expected"] and not one["actual"]]
    assert [one for one in bare if "assert " not in one["sentence"]] == []


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("section", SECTIONS)
def test_no_case_of_any_section_errs_on_an_odd_answer(section):
    seen = run_on_odd_backends(section, timeout_s=1100)
    assert [one for one in seen if one["outcome"] == "error"] == []
