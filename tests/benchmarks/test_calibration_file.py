"""A machine's calibration is kept in podium's cache directory."""

from pathlib import Path

from benchmarks.calibration import calibration_path
from shared.places import cache_directory


def test_it_is_kept_where_everything_else_is(monkeypatch, tmp_path):
    monkeypatch.setenv("PODIUM_CACHE_DIR", str(tmp_path / "my cache"))
    assert calibration_path().parent == cache_directory() == tmp_path / "my cache"


def test_without_a_choice_it_is_kept_in_the_users_cache(monkeypatch, tmp_path):
    monkeypatch.delenv("PODIUM_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    assert calibration_path().parent == Path(tmp_path) / "podium"
