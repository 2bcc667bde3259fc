"""Places as intervals of ranks: what the decided pairs leave open."""

from collections.abc import Collection, Sequence


def places(
    labels: Sequence[str], faster: Collection[tuple[str, str]]
) -> dict[str, tuple[int, int]]:
    """The best and the worst place each label can have, counted from 1.

    `faster` holds the decided pairs, the faster label first. Labels that nothing separates share
    their places.
    """
    above = {label: sum(slower == label for _, slower in faster) for label in labels}
    below = {label: sum(quick == label for quick, _ in faster) for label in labels}
    return {label: (1 + above[label], len(labels) - below[label]) for label in labels}
