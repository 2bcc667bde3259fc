"""A folder in the cache is there whole or not at all."""

import fcntl
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from implementations.cached_folder import cached_folder

DEADLINE_S = 30
# Writes half of what it makes, says so, and waits.
HALF = """
import sys
from pathlib import Path
from implementations.cached_folder import cached_folder

def make(part):
    (part / "first").write_text("of a maker that was killed")
    print("half", flush=True)
    sys.stdin.read()

cached_folder(Path(sys.argv[1]), make)
"""


def both(part: Path) -> None:
    """Makes a whole folder."""
    (part / "first").write_text("1")
    (part / "second").write_text("2")


def contents(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in folder.iterdir()}


def test_what_a_killed_maker_left_is_never_used(tmp_path):
    place = tmp_path / "a cache" / "place"
    with subprocess.Popen(
        [sys.executable, "-c", HALF, place], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as maker:
        assert maker.stdout.readline() == b"half\n"
        assert not place.exists()
        maker.kill()
    assert cached_folder(place, both).path == place
    assert contents(place) == {"first": "1", "second": "2"}
    assert sorted(path.name for path in place.parent.iterdir()) == ["place", "place.lock"]


def test_a_maker_that_fails_leaves_nothing_and_its_error_is_raised(tmp_path):
    def fail(part: Path) -> None:
        (part / "first").touch()
        raise OSError("no more room")

    with pytest.raises(OSError, match="no more room"):
        cached_folder(tmp_path / "place", fail)
    assert [path.name for path in tmp_path.iterdir()] == ["place.lock"]
    assert contents(cached_folder(tmp_path / "place", both).path) == {"first": "1", "second": "2"}


@pytest.mark.parametrize("_", range(5))
def test_makers_at_once_make_it_once_and_use_it_together(tmp_path, _):
    made, found = [], []
    at_once = threading.Barrier(4)

    def make(part: Path) -> None:
        made.append(part)
        both(part)

    def ask() -> None:
        at_once.wait(DEADLINE_S)
        found.append(cached_folder(tmp_path / "place", make).path)

    makers = [threading.Thread(target=ask, daemon=True) for _ in range(4)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join(DEADLINE_S)
    assert found == [tmp_path / "place"] * 4
    assert len(made) == 1


def test_nobody_may_replace_a_folder_that_is_in_use(tmp_path):
    cached_folder(tmp_path / "place", both)
    with (tmp_path / "place.lock").open() as other:
        fcntl.flock(other, fcntl.LOCK_SH | fcntl.LOCK_NB)
        with pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_one_that_is_no_longer_usable_is_made_again(tmp_path):
    (tmp_path / "place").mkdir()
    (tmp_path / "place" / "first").touch()
    found = cached_folder(tmp_path / "place", both, lambda place: (place / "second").exists())
    assert contents(found.path) == {"first": "1", "second": "2"}
