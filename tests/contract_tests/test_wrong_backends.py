"""Every sentence of the contract has a case, and the case was seen failing on a wrong backend."""

import json
import os
import subprocess
import sys

import pytest

from contract_tests.sentences import SENTENCES
from contract_tests.wrong_backends.gallery import RIGHT, WRONG

# With `--dist loadfile` one process has them all: the suite is run on the gallery once.
pytestmark = pytest.mark.timeout(300)

IDS = [sentence.id for sentence in SENTENCES]
BROKEN = [(wrong.name, sentence_id) for wrong in WRONG for sentence_id in sorted(wrong.only)]


@pytest.fixture(scope="session")
def seen(tmp_path_factory):
    """What a run of the suite on the gallery saw."""
    file = tmp_path_factory.mktemp("gallery") / "seen.json"
    environment = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    done = subprocess.run(
        [sys.executable, "-m", "contract_tests.wrong_backends", str(file)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert file.is_file(), done.stdout[-3000:] + done.stderr[-3000:]
    return json.loads(file.read_text())


def test_the_right_ones_pass(seen):
    """So what fails on a wrong one fails for its fault; and they can be asked everything."""
    assert seen["right_failed"] == []
    assert sorted(seen["right_passed"]) == sorted(source.name for source in RIGHT)


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


def test_names_and_ids_are_distinct():
    names = [source.name for source in (*WRONG, *RIGHT)]
    assert len(set(IDS)) == len(IDS)
    assert len(set(names)) == len(names)
