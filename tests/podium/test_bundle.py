"""`podium bundle`, and `podium verify` of what it wrote."""

import shutil
from pathlib import Path

from podium.__main__ import main

EXAMPLES = Path(__file__).parents[2] / "examples"
STUDY = EXAMPLES / "study.study"


def test_a_bundle_is_verified(tmp_path, capsys):
    path = tmp_path / "b.tar.gz"
    assert main(["bundle", str(STUDY), "--out", str(path)]) == 0
    assert f"The bundle is {path}\n" in capsys.readouterr().err
    assert main(["verify", str(path)]) == 0
    assert "nothing differs" in capsys.readouterr().out


def test_a_bundle_of_a_changed_report_is_verified_with_1(tmp_path, capsys):
    study, path = tmp_path / "a.study", tmp_path / "a.tar.gz"
    shutil.copy(STUDY, study)
    shutil.copytree(EXAMPLES / "study", tmp_path / "a")
    digests = tmp_path / "a" / "digests.txt"
    text = digests.read_text()
    digests.write_text(text.replace(text[:8], "00000000", 1))
    assert main(["bundle", str(study)]) == 0
    assert main(["verify", str(path)]) == 1
    assert capsys.readouterr().out.startswith("block number=1\n")


def test_a_damaged_bundle_is_one_sentence_and_2(tmp_path, capsys):
    path = tmp_path / "b.tar.gz"
    assert main(["bundle", str(STUDY), "--out", str(path)]) == 0
    path.write_bytes(path.read_bytes()[:-100])
    capsys.readouterr()
    assert main(["verify", str(path)]) == 2
    assert capsys.readouterr().err.startswith(f"podium: the bundle {path} is damaged")


def test_the_study_is_not_overwritten(tmp_path, capsys):
    study = tmp_path / "a.study"
    shutil.copy(STUDY, study)
    assert main(["bundle", str(study), "--out", str(study)]) == 2
    assert "is the study itself" in capsys.readouterr().err
    assert study.read_bytes() == STUDY.read_bytes()
