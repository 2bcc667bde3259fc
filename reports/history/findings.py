"""The findings of many studies; a document of `podium history --json`.

Ratios are of a stack's rate to the bridges' in the same study, so that what the machine did to all
of them cancels. The analysis leaves all English (`what`, `reason`, `sentences`) empty;
`reports.wording.history` fills it.
"""

from dataclasses import dataclass
from typing import Literal

from reports.analysis.reasons import NoVerdict
from reports.diff.findings import Difference

HISTORY_VERSION = 1

LeftOutKind = Literal["unreadable", "unfinished", "repeated", "without_bridge", "no_verdict"]
"""Why a file has no points: it cannot be read, as `detail` says; the study is not finished; it is
the same as that in the file `detail`; it lacks a bridge; or it has no verdicts, as `no_verdict`
says."""

Searched = Literal["searched", "too_few_studies", "not_installed"]
"""Whether change points were looked for."""


@dataclass(frozen=True)
class StudyOfHistory:
    """One study; `blocks` are those that count."""

    file: str
    study_id: str
    created_at: str
    blocks: int


@dataclass(frozen=True)
class LeftOut:
    """A file without points, and why."""

    file: str
    kind: LeftOutKind
    detail: str = ""
    no_verdict: NoVerdict | None = None
    reason: str = ""


@dataclass(frozen=True)
class Point:
    """One stack in one study, by its number in `History.studies`, from 0.

    The interval is of this point alone, at 95 %. `changed` is what differs of the stack from its
    point before; `None` where it is not recorded what it is made of.
    """

    study: int
    ratio: float
    ratio_low: float
    ratio_high: float
    changed: tuple[Difference, ...] | None


@dataclass(frozen=True)
class ChangePoint:
    """The first study after a lasting change, and the ratio of the mean after it to before."""

    study: int
    ratio: float
    p: float


@dataclass(frozen=True)
class Line:
    """One stack in one operation's closed loop; `change_points` is `None` if not looked for."""

    label: str
    operation: str
    shape: str
    connections: int
    points: tuple[Point, ...]
    change_points: tuple[ChangePoint, ...] | None = None
    what: str = ""


@dataclass(frozen=True)
class History:
    """All findings of the studies, which are in the order of their beginnings.

    `least_change_ratio` : change points of less are not looked for, 0.03 stands for 3 %.
    """

    history_version: int
    bridges: tuple[str, ...]
    bridges_named: bool
    studies: tuple[StudyOfHistory, ...]
    left_out: tuple[LeftOut, ...]
    searched: Searched
    least_change_ratio: float
    lines: tuple[Line, ...]
    sentences: tuple[str, ...] = ()
