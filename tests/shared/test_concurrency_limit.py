"""Places are counted over threads, and come back."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from shared.concurrency_limit import places
from shared.problems import Overloaded


def test_never_more_are_inside_than_there_are_places():
    """Sixteen threads come at once; those that are inside leave when all others were refused."""
    place, come, decided = places(3), Barrier(16), Barrier(16)

    def try_it(_: int) -> bool:
        come.wait(10)
        try:
            with place:
                decided.wait(10)
        except Overloaded:
            decided.wait(10)
            return False
        return True

    with ThreadPoolExecutor(16) as threads:
        for _ in range(3):
            assert sum(threads.map(try_it, range(16))) == 3


def test_a_place_comes_back_after_an_error():
    place = places(1)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), place:
            raise ZeroDivisionError


def test_without_a_number_there_is_no_end():
    place = places(None)
    with place, place, place:
        pass
