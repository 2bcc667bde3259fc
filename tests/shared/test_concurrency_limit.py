"""The limit holds over threads, and slots come back."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from shared.concurrency_limit import ConcurrencyLimit
from shared.problems import Overloaded


def test_never_more_are_inside_than_the_limit_says():
    """Sixteen threads come at once; those that are inside leave when all others were refused."""
    limit, come, decided = ConcurrencyLimit(3), Barrier(16), Barrier(16)

    def try_it(_: int) -> bool:
        come.wait(10)
        try:
            with limit:
                decided.wait(10)
        except Overloaded:
            decided.wait(10)
            return False
        return True

    with ThreadPoolExecutor(16) as threads:
        for _ in range(3):
            assert sum(threads.map(try_it, range(16))) == 3


def test_a_slot_comes_back_after_an_error():
    limit = ConcurrencyLimit(1)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), limit:
            raise ZeroDivisionError


def test_without_a_number_there_is_no_limit():
    limit = ConcurrencyLimit(None)
    with limit, limit, limit:
        pass
