"""`reports.bundle`: all in one file, the same bytes each time, and damage is seen."""

import gzip
import os
import shutil
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.bundle import is_bundle, lock_differences, unpacked, write_bundle
from reports.errors import BundleDamaged, NotComparable, StudyUnfinished
from reports.verify import verify_study
from tests.reports.simulated import simulate, write

ROOT = Path(__file__).parents[2]
STUDY, REPORT = ROOT / "examples" / "study.study", ROOT / "examples" / "study"
LOCK = ROOT / "requirements.lock"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    path = tmp_path_factory.mktemp("with a space") / "bundle.tar.gz"
    write_bundle(STUDY, REPORT, LOCK, path)
    return path


def test_it_holds_all_files_unchanged_where_they_are_expected(bundle, tmp_path):
    """Unpacked by anybody, the report lies beside the study as by default."""
    with tarfile.open(bundle) as archive:
        archive.extractall(tmp_path, filter="data")
    folder = tmp_path / "study"
    assert (folder / "study.study").read_bytes() == STUDY.read_bytes()
    assert (folder / "requirements.lock").read_bytes() == LOCK.read_bytes()
    there = {path.name: path.read_bytes() for path in (folder / "study").iterdir()}
    assert there == {path.name: path.read_bytes() for path in REPORT.iterdir()}


def test_the_same_files_give_the_same_bytes(bundle, tmp_path):
    """Whatever their times, modes and places."""
    study = tmp_path / "elsewhere" / "study.study"
    shutil.copytree(REPORT, study.with_suffix(""))
    shutil.copy(STUDY, study)
    os.utime(study, (1, 1))
    study.chmod(0o600)
    write_bundle(study, study.with_suffix(""), LOCK, tmp_path / "again.tar.gz")
    assert (tmp_path / "again.tar.gz").read_bytes() == bundle.read_bytes()


def test_what_is_unpacked_is_verified(bundle):
    assert is_bundle(bundle)
    assert not is_bundle(STUDY)
    with unpacked(bundle) as (study, directory):
        assert verify_study(study, directory).verified
    assert not study.exists()


@settings(max_examples=30, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_no_changed_bit_passes(bundle, tmp_path_factory, place, bit):
    """Unless gzip itself makes nothing of it, as of the system that its header names."""
    content = bytearray(bundle.read_bytes())
    content[int(place * len(content))] ^= 1 << bit
    path = tmp_path_factory.mktemp("changed") / "b.tar.gz"
    path.write_bytes(content)
    try:
        with unpacked(path) as (study, directory):
            same = {one.name: one.read_bytes() for one in directory.iterdir()}
            same["study"] = study.read_bytes()
    except BundleDamaged:
        return
    finally:
        shutil.rmtree(path.parent)
    assert same.pop("study") == STUDY.read_bytes()
    assert same == {one.name: one.read_bytes() for one in REPORT.iterdir()}


@pytest.mark.parametrize(
    "content",
    [b"", gzip.compress(b"no archive", mtime=0), b"\x1f\x8bnothing"],
    ids=["empty", "no archive", "no gzip"],
)
def test_what_is_no_bundle_is_refused(content, tmp_path):
    path = tmp_path / "b.tar.gz"
    path.write_bytes(content)
    with pytest.raises(BundleDamaged) as refused, unpacked(path):
        pass
    assert refused.value.path == path


def test_an_archive_writes_nothing_outside(tmp_path):
    """Names that lead elsewhere and links are not followed."""
    path = tmp_path / "b.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name in ("study/../../outside", "/outside"):
            archive.addfile(tarfile.TarInfo(name))
        link = tarfile.TarInfo("study/study.study")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with pytest.raises(BundleDamaged, match=r"it has no study\.study"), unpacked(path):
        pass
    assert [*tmp_path.iterdir()] == [path]


def test_an_unfinished_study_is_refused(tmp_path):
    path = tmp_path / "a.study"
    write(replace(simulate(blocks=2, rounds=1), finished_at=None), path)
    with pytest.raises(StudyUnfinished):
        write_bundle(path, REPORT, None, tmp_path / "b.tar.gz")


def test_a_missing_page_leaves_the_former_bundle(tmp_path):
    shutil.copytree(REPORT, tmp_path / "report")
    (tmp_path / "report" / "report.md").unlink()
    (tmp_path / "b.tar.gz").write_text("former")
    with pytest.raises(NotComparable):
        write_bundle(STUDY, tmp_path / "report", None, tmp_path / "b.tar.gz")
    assert (tmp_path / "b.tar.gz").read_text() == "former"
    assert len([*tmp_path.iterdir()]) == 2


def test_packages_that_the_lock_has_in_another_version_are_told():
    """A version for some Pythons only is one of the lock's."""
    lock = "a==1 \\\n    --hash=x\nb-c==1 ; python < '3.12'\nb-c==2 ; python >= '3.12'\n"
    assert lock_differences(lock, {"a": "2", "b-c": "2", "python": "3.11"}) == {"a": "2"}
