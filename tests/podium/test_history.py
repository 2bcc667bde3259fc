"""`podium history`: where it writes, and what it refuses."""

import json

import numpy as np
import pytest

from podium.__main__ import main
from tests.reports.diff.recorded_studies import draw
from tests.reports.recorded_rounds import Design
from tests.reports.simulated import write


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    folder = tmp_path_factory.mktemp("with a space")
    for seed in range(2):
        design = Design(4, 2, open_loops=False)
        study = draw(np.random.default_rng(seed), "0", design=design, operations=("count",))
        write(study, folder / f"{seed}.study")
    return folder


def test_the_page_is_written_beside_the_studies_and_the_sentences_printed(directory, capfd):
    assert main(["history", str(directory), "--bridge", "falcon"]) == 0
    printed = capfd.readouterr()
    assert "Speeds are relative to falcon:gunicorn, which is taken as unchanged" in printed.out
    assert str(directory / "history.html") in printed.err
    assert "</html>" in (directory / "history.html").read_text(encoding="utf-8")


def test_json_goes_to_stdout_alone_and_the_page_where_it_was_asked(directory, tmp_path, capfd):
    page = tmp_path / "new" / "page.html"
    arguments = ["history", str(directory), "--bridge", "falcon", "--out", str(page), "--json"]
    assert main(arguments) == 0
    assert len(json.loads(capfd.readouterr().out)["studies"]) == 2
    assert page.exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("missing",), "does not exist"),
        (("empty",), "no finished study"),
        (("studies", "--bridge", "starlette"), "names no one stack"),
    ],
)
def test_what_has_no_history_is_2_and_a_sentence(directory, tmp_path, arguments, says, capfd):
    (tmp_path / "empty").mkdir()
    places = {name: str(tmp_path / name) for name in ("missing", "empty")}
    words = [(places | {"studies": str(directory)}).get(word, word) for word in arguments]
    assert main(["history", *words]) == 2
    captured = capfd.readouterr()
    assert (captured.out, says in captured.err) == ("", True)
