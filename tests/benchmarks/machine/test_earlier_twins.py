"""What studies find of their twins is kept for those that follow on the same machine."""

import pytest

from benchmarks.machine.earlier_twins import MOST, earlier_twins, keep_twins
from reports.study.records import TwinResult

MACHINE = {"cpu": "one", "cores": 2, "server_cores": "0", "generator_cores": "1", "processes": 90}


def result(number):
    return TwinResult(f"study {number}", 8, 0.001 * number, 0.002, 0.002, 20.0, 21, 126)


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("PODIUM_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_the_newest_are_returned_in_their_order():
    for number in range(MOST + 3):
        keep_twins(MACHINE, result(number))
    assert earlier_twins(MACHINE | {"processes": 7}) == tuple(
        result(number) for number in range(3, MOST + 3)
    )


def test_another_machine_has_none_of_them():
    keep_twins(MACHINE, result(1))
    assert earlier_twins(MACHINE | {"cpu": "another"}) == ()


def test_what_cannot_be_read_is_passed_over(cache):
    keep_twins(MACHINE, result(1))
    (file,) = cache.iterdir()
    file.write_text(file.read_text() + '{"machine": 3}\n{"twins"\n[]\n')
    keep_twins(MACHINE, result(2))
    assert earlier_twins(MACHINE) == (result(1), result(2))


def test_without_a_place_to_keep_them_there_are_none(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("PODIUM_CACHE_DIR", str(tmp_path / "file" / "cache"))
    keep_twins(MACHINE, result(1))
    assert earlier_twins(MACHINE) == ()
