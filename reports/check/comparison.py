"""How the answers of two recordings of a check differ."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RecordingDifference:
    """One answer, or one outcome, that is another than before; texts for people."""

    backend: str
    number: str
    case: str
    title: str
    sent: str
    old: str
    new: str


@dataclass(frozen=True)
class RecordingComparison:
    """What differs; `compared` counts cases that both have, `only_one` those that one has."""

    differences: tuple[RecordingDifference, ...]
    compared: int
    only_one: tuple[str, ...]
