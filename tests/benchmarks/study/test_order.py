"""Orders of rounds: balanced, shuffled, and the same for the same seed."""

from collections import Counter
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.study.order import round_order, shuffled_cells, slice_seed, williams_square

LABELS = tuple("abcdefghij")
counts = st.integers(2, len(LABELS))
seeds = st.text(max_size=5)


def orders(count: int, seed: str, rounds: range) -> list[tuple[str, ...]]:
    return [round_order(LABELS[:count], index, seed) for index in rounds]


@settings(deadline=None)
@given(counts, seeds, st.integers(0, 100))
def test_each_round_has_every_label_once(count, seed, index):
    assert sorted(round_order(LABELS[:count], index, seed)) == list(LABELS[:count])


@settings(deadline=None)
@given(counts, seeds, st.integers(0, 5))
def test_in_n_rounds_each_label_stands_once_at_each_place(count, seed, group):
    rounds = orders(count, seed, range(group * count, (group + 1) * count))
    for place in range(count):
        assert sorted(order[place] for order in rounds) == list(LABELS[:count])


@settings(deadline=None)
@given(counts, seeds)
def test_each_label_follows_each_other_equally_often(count, seed):
    length = count if count % 2 == 0 else 2 * count
    neighbours = Counter(
        pair for order in orders(count, seed, range(length)) for pair in pairwise(order)
    )
    assert len(neighbours) == count * (count - 1)
    assert len(set(neighbours.values())) == 1


def test_orders_are_shuffled_between_designs_and_between_seeds():
    one = orders(5, "1", range(40))
    assert len(set(one)) > 20
    assert one != orders(5, "2", range(40))


def test_no_label_is_first_more_often_over_many_seeds():
    firsts = Counter(round_order(LABELS[:5], 0, str(seed))[0] for seed in range(5000))
    assert all(abs(count - 1000) < 150 for count in firsts.values())


def test_a_williams_square_starts_as_published():
    assert williams_square(6)[0] == [0, 1, 5, 2, 4, 3]
    assert williams_square(5, mirrored=True)[0] == [3, 2, 4, 1, 0]


@settings(deadline=None)
@given(seeds, st.integers(0, 50))
def test_the_same_arguments_give_the_same_order_and_seed(seed, index):
    assert round_order(LABELS, index, seed) == round_order(LABELS, index, seed)
    assert slice_seed(seed) == slice_seed(seed)
    assert shuffled_cells(LABELS, seed) == shuffled_cells(LABELS, seed)


def test_cells_are_shuffled_and_complete():
    shuffled = {tuple(shuffled_cells("abc", str(seed))) for seed in range(100)}
    assert len(shuffled) == 6
    assert all(sorted(cells) == list("abc") for cells in shuffled)
