"""The deadline for a silent backend, and the cases that it is no longer asked."""

import contextlib

import pytest

from contract_tests.http.adaptive_deadline import IN_A_ROW, OF_A_KIND, WAITED_FOR, AdaptiveDeadline
from contract_tests.http.errors import CutShort, NoLongerAnswers, NotAsked, Silent

DEADLINE_S = 10.0
REFUSED = ConnectionRefusedError("the connection is refused")


class Asked:
    """An adaptive deadline, and how often the backend was asked whether it is there."""

    def __init__(self, failure=None):
        self.times = 0
        self.failure = failure
        self.adaptive = AdaptiveDeadline(DEADLINE_S, self._asked)

    def _asked(self):
        self.times += 1
        return self.failure

    def silent(self, kind="post", times=1):
        """Run cases in which it is silent; return the last one's error."""
        for _ in range(times):
            with self.adaptive.case("1.1.1 a", kind):
                error = self.adaptive.silence(self.adaptive.wait_s, b"")
        return error

    def answered(self, kind="get", took_s=0.01):
        with self.adaptive.case("1.1.2 b", kind):
            self.adaptive.note_received(took_s)


def test_a_slow_backend_gets_the_whole_deadline_each_time():
    asked = Asked()
    for _ in range(100):
        asked.answered(took_s=DEADLINE_S - 0.1)
        assert asked.adaptive.wait_s == DEADLINE_S
    assert asked.times == 0


def test_what_is_silent_for_the_whole_deadline_is_silent():
    asked = Asked()
    errors = [asked.silent(f"kind {number}") for number in range(WAITED_FOR)]
    assert [type(error) for error in errors] == [Silent] * WAITED_FOR
    assert {error.waited_s for error in errors} == {DEADLINE_S}


def test_after_some_silence_it_is_not_waited_for_so_long():
    """Longer where that kind of case was answered so far, and never told as a failure."""
    asked = Asked()
    asked.silent(times=WAITED_FOR)
    again, other = asked.silent("post"), asked.silent("get")
    assert isinstance(again, CutShort)
    assert isinstance(other, CutShort)
    assert again.waited_s < other.waited_s < DEADLINE_S


@pytest.mark.parametrize(("took_s", "least_s"), [(0.3, 3.0), (2.0, DEADLINE_S)])
def test_it_is_waited_for_as_long_as_its_own_answers_justify(took_s, least_s):
    asked = Asked()
    asked.answered(took_s=took_s)
    asked.silent(times=WAITED_FOR)
    with asked.adaptive.case("1.1.1 a", "post"):
        assert asked.adaptive.wait_s == pytest.approx(least_s)


def test_after_silence_in_a_row_it_is_asked_whether_it_is_there():
    asked = Asked()
    asked.silent(times=IN_A_ROW)
    assert asked.times == 0
    asked.answered()
    assert asked.times == 1
    asked.silent(times=IN_A_ROW - 1)
    asked.answered()
    assert asked.times == 1


def test_a_backend_that_is_gone_is_asked_nothing_more():
    asked = Asked(REFUSED)
    asked.answered()
    asked.silent(times=IN_A_ROW)
    for _ in range(3):
        with pytest.raises(NoLongerAnswers, match=r"connection is refused.* 1\.1\.2 b"):
            asked.answered()
    assert asked.times == 1


@pytest.mark.parametrize("failure", [None, REFUSED])
def test_a_backend_that_takes_no_connection_is_asked_whether_it_is_there(failure):
    asked = Asked(failure)
    with asked.adaptive.case("1.1.1 a", "get"):
        asked.adaptive.note_lost()
    with pytest.raises(NoLongerAnswers) if failure else contextlib.nullcontext():
        asked.answered()
    assert asked.times == 1


def test_of_a_kind_that_is_never_answered_some_cases_are_enough():
    asked = Asked()
    asked.silent("chunked", OF_A_KIND)
    with pytest.raises(NotAsked, match=f"in {OF_A_KIND} cases"):
        asked.silent("chunked")
    asked.answered("get")


def test_one_answer_shows_that_a_kind_is_answered():
    asked = Asked()
    asked.silent("chunked", OF_A_KIND - 1)
    asked.answered("chunked")
    asked.silent("chunked", OF_A_KIND)
