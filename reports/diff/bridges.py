"""Bridges that were named: each stands for one stack that all studies have."""

from collections.abc import Sequence

from reports.diff.differences import entrants
from reports.errors import NoSuchBridge
from reports.study.records import Study


def named_bridges(names: Sequence[str], studies: Sequence[Study]) -> tuple[str, ...]:
    """Return the labels; an implementation alone names its one stack. Raises NoSuchBridge."""
    first, *others = (entrants(study) for study in studies)
    known = [label for label in first if all(label in other for other in others)]
    return tuple(_named(name, known) for name in names)


def _named(name: str, known: Sequence[str]) -> str:
    if name in known:
        return name
    found = [label for label in known if label.split(":")[0] == name]
    if len(found) != 1:
        raise NoSuchBridge(name, tuple(known))
    return found[0]
