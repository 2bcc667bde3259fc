"""Times in a study's records run on evenly, whatever is done to the machine's clock."""

from datetime import UTC, datetime, timedelta

from benchmarks.study import run_context


class SetBack(datetime):
    """A clock that was set back by an hour."""

    @classmethod
    def now(cls, tz=None) -> datetime:
        return datetime.now(tz) - timedelta(hours=1)


def test_a_clock_that_is_set_back_moves_no_time_stamp(monkeypatch):
    before = datetime.fromisoformat(run_context.timestamp())
    monkeypatch.setattr(run_context, "datetime", SetBack)
    after = datetime.fromisoformat(run_context.timestamp())
    assert timedelta() <= after - before < timedelta(minutes=30)
    assert abs(datetime.now(UTC) - after) < timedelta(minutes=30)
