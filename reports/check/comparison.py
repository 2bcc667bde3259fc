"""The differences between two recordings of a check."""

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
    """All differences; `compared` counts cases of both, `only_one` names those of one."""

    differences: tuple[RecordingDifference, ...]
    compared: int
    only_one: tuple[str, ...]
