"""Studies of earlier formats are read, and go on in this one."""

import sqlite3
from dataclasses import replace

import pytest

from reports.study import database as study_database
from reports.study.file import StudyFile, read_study
from tests.reports.simulated import simulate, write


@pytest.fixture
def study():
    return simulate(blocks=3, rounds=2)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a study"


ADDED_IN = {
    2: (("block", "solo"), ("slice", "due"), ("slice", "unsent")),
    3: (("slice", "sent"),),
    4: (("slice", "paused_s"), ("round", "throttled_ratio")),
    5: tuple(
        ("slice", column) for column in ("on_time_histogram", "canary_before_ns", "canary_after_ns")
    ),
    6: (("environment", "stacks"),),
}


def make_older(path, version):
    """Give the study the tables and columns that an earlier format had."""
    with sqlite3.connect(path) as connection:
        for since, added in ADDED_IN.items():
            for table, column in added if since > version else ():
                connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        if version < 5:
            connection.execute("ALTER TABLE footprint DROP COLUMN found")
            connection.execute("DROP TABLE recall")
        if version < 3:
            connection.execute(
                "CREATE TABLE cost AS SELECT 0 AS block, label, startup_s, '{}' AS "
                "server_cpu_us_per_request, uss_rest_bytes, pss_rest_bytes, uss_loaded_bytes, "
                "pss_loaded_bytes FROM footprint UNION ALL SELECT block, label, NULL, "
                "us_per_request, NULL, NULL, NULL, NULL FROM server_cpu"
            )
            connection.execute("DROP TABLE footprint")
            connection.execute("DROP TABLE server_cpu")
        connection.execute(f"PRAGMA user_version = {version}")
    connection.close()


@pytest.mark.parametrize("version", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("finished", [True, False])
def test_a_study_of_an_earlier_format_is_read(study, path, version, finished):
    write(study if finished else replace(study, finished_at=None), path)
    make_older(path, version)
    read = read_study(path)
    assert read.format_version == version
    assert (read.footprints, read.server_cpu) == (study.footprints, study.server_cpu)
    assert (read.blocks, read.slices) == (study.blocks, study.slices)


@pytest.fixture
def first_format(study, path):
    """An unfinished study of the first format."""
    write(replace(study, finished_at=None), path)
    make_older(path, 1)
    return path


def test_a_study_of_the_first_format_is_read(study, first_format):
    read = read_study(first_format)
    assert read.format_version == 1
    assert (read.blocks, read.slices) == (study.blocks, study.slices)
    assert not any(block.solo for block in read.blocks)


def test_a_study_of_the_first_format_goes_on_in_this_one(study, first_format):
    more = replace(study.slices[0], round=99, due=7, unsent=2)
    with StudyFile.open(first_format) as file:
        file.add(more)
    read = read_study(first_format)
    assert read.format_version == study_database.FORMAT_VERSION
    assert read.slices == (*study.slices, more)
    assert read.blocks == study.blocks


def test_a_study_of_the_last_format_goes_on_in_this_one(study, path):
    write(replace(study, finished_at=None), path)
    make_older(path, 4)
    more = replace(study.slices[0], round=99, canary_before_ns=7, on_time_histogram="h")
    with StudyFile.open(path) as file:
        file.add(more)
    assert read_study(path).slices == (*study.slices, more)
