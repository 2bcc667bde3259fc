"""Study files: what was recorded is read again, and a file that is not whole never passes."""

import errno
import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.errors import (
    NotAStudy,
    RecordedTwice,
    ReportsError,
    StudyBusy,
    StudyDamaged,
    StudyDiskFull,
    StudyExists,
    StudyFinished,
    StudyMissing,
    StudyTooNew,
    StudyUnreadable,
)
from reports.study import database as study_database
from reports.study.file import StudyFile, read_study
from reports.study.records import Shape
from tests.reports.simulated import simulate, write
from tests.reports.strategies import records

KINDS = tuple(study_database.TABLES)
WRITER = """
import sys
from pathlib import Path
from dataclasses import replace
from reports.study.file import StudyFile
from tests.reports.simulated import simulate
study = simulate(blocks=2, rounds=1)
with StudyFile.create(Path(sys.argv[1]), study.plan, study.environment) as file:
    for number in range(1_000_000):
        file.add(replace(study.slices[0], round=number))
        print(number, flush=True)
"""


@pytest.fixture
def study():
    return simulate(blocks=3, rounds=2)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a study"


@settings(max_examples=30, deadline=None)
@given(st.tuples(*map(records, KINDS)))
def test_every_record_is_read_as_it_was_written(drawn):
    """Any text, number and nesting of every kind of record survives."""
    plan, environment, *added = drawn
    gate, ceiling, block, round_, slice_, footprint, server_cpu, recall = added
    with TemporaryDirectory() as directory:
        path = Path(directory) / "study"
        with StudyFile.create(path, plan, environment) as file:
            for record in added:
                file.add(record)
        read = read_study(path)
    assert repr((read.plan, read.environment)) == repr((plan, environment))
    assert repr((read.gates, read.ceilings)) == repr(((gate,), (ceiling,)))
    assert repr((read.blocks, read.rounds)) == repr(((block,), (round_,)))
    assert repr(read.slices) == repr((slice_,))
    assert repr((read.footprints, read.server_cpu)) == repr(((footprint,), (server_cpu,)))
    assert repr(read.recalls) == repr((recall,))


def test_a_whole_study_comes_back_as_one_file(study, path):
    write(study, path)
    read = read_study(path)
    assert replace(read, study_id=study.study_id, created_at=study.created_at) == study
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_text_that_is_no_unicode_is_kept_readable(study, path):
    """A broken server's bytes end up in examples and reasons."""
    broken = replace(study.slices[0], examples={"wrong_content": "\udcff"}, label="\udcfe")
    with StudyFile.create(path, study.plan, study.environment) as file:
        file.add(broken)
    (read,) = read_study(path).slices
    assert read.label == "\\udcfe"
    assert dict(read.examples) == {"wrong_content": "\udcff"}


def test_a_study_goes_on_after_it_was_closed(study, path):
    with StudyFile.create(path, study.plan, study.environment) as file:
        file.add(study.slices[0])
    with StudyFile.open(path) as file:
        file.add(study.slices[1])
        assert file.read().slices == study.slices[:2]
    assert read_study(path).slices == study.slices[:2]


def test_end_block_replaces_what_start_block_wrote(study, path):
    block = study.blocks[0]
    with StudyFile.create(path, study.plan, study.environment) as file:
        file.add(replace(block, state="running", ended_at=None))
        file.end_block(block)
    assert read_study(path).blocks == (block,)


def test_a_running_study_can_be_read(study, path):
    with StudyFile.create(path, study.plan, study.environment) as file:
        for number, slice_ in enumerate(study.slices, 1):
            file.add(slice_)
            assert len(read_study(path).slices) == number


def test_only_one_process_may_write(study, path):
    with StudyFile.create(path, study.plan, study.environment):
        script = (
            f"from pathlib import Path; from reports.study.file import StudyFile\n"
            f"StudyFile.open(Path({str(path)!r}))"
        )
        other = subprocess.run(
            [sys.executable, "-c", script], check=False, capture_output=True, text=True
        )
    assert other.returncode == 1
    assert "StudyBusy" in other.stderr
    StudyFile.open(path).close()


def test_a_second_writer_in_the_same_process_is_refused(study, path):
    with StudyFile.create(path, study.plan, study.environment) as file:
        with pytest.raises(StudyBusy):
            StudyFile.open(path)
        file.add(study.slices[0])
    assert len(read_study(path).slices) == 1


@pytest.mark.parametrize(
    "table", ["slices", "rounds", "footprints", "server_cpu", "gates", "ceilings", "blocks"]
)
def test_nothing_is_recorded_twice(study, path, table):
    record = getattr(study, table)[0]
    with StudyFile.create(path, study.plan, study.environment) as file:
        file.add(record)
        with pytest.raises(RecordedTwice, match=table.removesuffix("s")):
            file.add(record)
    assert getattr(read_study(path), table) == (record,)


def test_a_finished_study_is_never_changed(study, path):
    write(study, path)
    with StudyFile.open(path) as file:
        with pytest.raises(StudyFinished):
            file.add(replace(study.slices[0], round=99))
        with pytest.raises(StudyFinished):
            file.finish("later")
    assert read_study(path).finished_at == study.finished_at


def test_a_new_study_never_overwrites(path, study):
    path.write_text("precious")
    with pytest.raises(StudyExists):
        StudyFile.create(path, study.plan, study.environment)
    assert path.read_text() == "precious"
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_file_cut_at_any_length_is_refused(study, path, tmp_path):
    """Never a traceback of another kind, never a part taken for the whole."""
    write(study, path)
    content = path.read_bytes()
    cut = tmp_path / "cut"
    for length in [*range(600), *range(600, len(content), 197), len(content) - 1]:
        cut.write_bytes(content[:length])
        with pytest.raises((StudyDamaged, NotAStudy)):
            read_study(cut)


def test_a_torn_file_is_refused(study, path):
    """Zeros where a page was."""
    write(study, path)
    content = bytearray(path.read_bytes())
    for start in range(4096, len(content), 4096):
        torn = bytearray(content)
        torn[start : start + 4096] = bytes(4096)
        path.write_bytes(torn)
        with pytest.raises(StudyDamaged):
            read_study(path)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        # The footer says how many records there must be.
        ("DELETE FROM slice WHERE rowid = 3", "records are there"),
        ("UPDATE plan SET entrants = '[{]'", "cannot be read"),
    ],
)
def test_a_record_that_is_missing_or_cannot_be_read_is_seen(study, path, change, says):
    write(study, path)
    with sqlite3.connect(path) as connection:
        connection.execute(change)
    connection.close()
    with pytest.raises(StudyDamaged, match=says):
        read_study(path)


@pytest.mark.parametrize("content", [b"hello\n" * 200, b"\x00" * 4096, b"x"])
def test_another_file_is_not_a_study(path, content):
    path.write_bytes(content)
    with pytest.raises(ReportsError):
        read_study(path)


@pytest.mark.parametrize("content", [b"hello\n" * 200, b"\x00" * 4096, b"x"])
@pytest.mark.parametrize("open_", [read_study, StudyFile.open])
def test_a_file_that_is_refused_is_closed(path, monkeypatch, content, open_):
    opened = []
    connect = sqlite3.connect

    def remember(*arguments, **options):
        opened.append(connect(*arguments, **options))
        return opened[-1]

    path.write_bytes(content)
    monkeypatch.setattr(sqlite3, "connect", remember)
    with pytest.raises(ReportsError):
        open_(path)
    for connection in opened:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.execute("SELECT 1")


def test_another_database_is_not_a_study(path):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE slice (a)")
    connection.close()
    with pytest.raises(NotAStudy):
        read_study(path)
    with pytest.raises(NotAStudy):
        StudyFile.open(path)


def test_a_directory_and_nothing_are_told_apart(path):
    with pytest.raises(StudyMissing):
        read_study(path)
    path.mkdir()
    with pytest.raises(NotAStudy):
        read_study(path)


def test_a_directory_that_is_not_there_is_one_sentence(study, path):
    with pytest.raises(StudyUnreadable, match="check that the file and its directory"):
        StudyFile.create(path / "no" / "such", study.plan, study.environment)


def test_a_newer_format_is_named(study, path, monkeypatch):
    monkeypatch.setattr(study_database, "FORMAT_VERSION", 7)
    write(study, path)
    monkeypatch.undo()
    with pytest.raises(StudyTooNew, match="format 7"):
        read_study(path)


def test_records_that_are_added_together_are_all_there_or_none(study, path):
    with StudyFile.create(path, study.plan, study.environment) as file:
        file.add(study.slices[0])
        with pytest.raises(RecordedTwice):
            file.add(study.slices[1], study.slices[0])
        assert file.read().slices == study.slices[:1]


def test_a_full_disk_keeps_what_was_recorded(study, path):
    """SQLite refuses the page that has no room, as on a disk that is full."""
    with StudyFile.create(path, study.plan, study.environment) as file:
        pages = file._connection.execute("PRAGMA page_count").fetchone()[0]
        file._connection.execute(f"PRAGMA max_page_count = {pages + 3}")
        kept = _add_until_full(file, study.slices[0])
    assert kept > 0
    assert [slice_.round for slice_ in read_study(path).slices] == list(range(kept))


def test_a_full_disk_at_the_start_leaves_nothing(study, path, monkeypatch):
    def full(*_args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "open", full)
    with pytest.raises(StudyDiskFull):
        StudyFile.create(path, study.plan, study.environment)
    assert list(path.parent.iterdir()) == []


def _add_until_full(file, slice_):
    for number in range(1000):
        try:
            file.add(replace(slice_, round=number))
        except StudyDiskFull:
            return number
    pytest.fail("the disk never was full")


@pytest.mark.parametrize("after", [1, 7, 60])
def test_a_killed_writer_loses_nothing_it_recorded(path, after):
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True, cwd=root
    ) as writer:
        for line in writer.stdout:
            if int(line) >= after:
                break
        writer.send_signal(signal.SIGKILL)
        recorded = [after, *map(int, writer.stdout.read().split("\n")[:-1])][-1]
    rounds = [slice_.round for slice_ in read_study(path).slices]
    # One more may have been committed whose number was not printed any more.
    assert rounds in (list(range(recorded + 1)), list(range(recorded + 2)))
    with StudyFile.open(path) as file:
        file.add(replace(simulate(blocks=2, rounds=1).slices[0], round=10**7))
    assert read_study(path).slices[-1].round == 10**7
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_shape_names():
    assert Shape(16).name == "closed-16"
    assert Shape(4, 512.5).name == "open-512.5"
