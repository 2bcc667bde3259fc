"""The findings of a comparison of two studies; a document of `podium diff --json`.

Ratios are of speeds, new to old: below 1, the stack became slower. What is not known is `None`. The
analysis leaves all English (`what`, `headline`, `sentence`) empty; `reports.wording.diff` fills it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from reports.analysis.reasons import Exclusion, GeneratorLimited, NoVerdict
from reports.analysis.sections import Compared

DIFF_VERSION = 1

DifferenceKind = Literal["machine", "python", "package", "setting", "sources", "load"]
"""A fact of the machine; the Python; a package's version; a setting; a fingerprint of sources; or
what was sent (model and engine are settings)."""

Against = Literal["bridge", "nothing"]
"""What changes are relative to: stacks that are in both studies unchanged, so that what the machine
did to all of them cancels; or nothing, so that machine and code are not told apart."""

ChangeVerdict = Literal["different", "equal", "different_within_margin", "undecided", "not_judged"]
"""What a change's interval says: excludes 1; lies inside ± margin; both; neither; nothing, for a
reason of its own."""

Became = Literal["unchanged", "changed", "unknown", "added", "removed"]
"""Whether a stack is the same in both studies; `unknown`: of one it is not recorded what its stacks
are made of."""

UnjudgedKind = Literal["excluded", "generator_limited", "no_bridge", "bridges_disagree", "study"]
"""Why a change is not judged.

`excluded`           the stack has no place in one of the studies: `exclusion`
`generator_limited`  the load generator was the limit for it in one of them: `limit`
`no_bridge`          no bridge has a speed here that could be used
`bridges_disagree`   the bridges changed against each other by more than noise
`study`              one of the studies has no verdicts: `no_verdict`
"""


@dataclass(frozen=True)
class StudyFacts:
    """Which study it is; `blocks` are those that count."""

    study_id: str
    created_at: str
    blocks: int


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same in both studies; `None` where one does not have it.

    `stacks` are the labels that it bears on; none where it is of the machine, of the load
    generator, or of the study as a whole.
    """

    kind: DifferenceKind
    name: str
    old: str | None
    new: str | None
    stacks: tuple[str, ...] = ()


@dataclass(frozen=True)
class StackFacts:
    """What became of one stack of both studies together."""

    label: str
    became: Became
    bridge: bool


@dataclass(frozen=True)
class Unjudged:
    """The reason for which a change is not judged; `of_new` says in which study it holds."""

    kind: UnjudgedKind
    of_new: bool | None = None
    exclusion: Exclusion | None = None
    limit: GeneratorLimited | None = None
    no_verdict: NoVerdict | None = None


@dataclass(frozen=True)
class Change:
    """How one stack's speed in one section changed, and what the interval says of that.

    `old` and `new` are requests a second, or microseconds, as measured. The interval holds together
    with those of all statements of the diff.
    """

    label: str
    old: float | None
    new: float | None
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    verdict: ChangeVerdict
    unjudged: Unjudged | None
    sentence: str = ""


@dataclass(frozen=True)
class Disagreement:
    """One bridge against the others together: its change is not theirs, by more than noise."""

    label: str
    ratio_low: float
    ratio_high: float


@dataclass(frozen=True)
class ChangedSection:
    """One quantity of one operation under one load, which both studies have.

    `bridges` are those that could be used here, `drift` how their speed changed: what the machine
    did, as far as it does it to all stacks.
    """

    operation: str
    shape: str
    connections: int
    rate_per_s: float | None
    compared: Compared
    bridges: tuple[str, ...]
    drift: float | None
    disagreements: tuple[Disagreement, ...]
    changes: tuple[Change, ...]
    what: str = ""

    def least_slowdown(self, change: Change) -> float | None:
        """Return how much slower a stack became at least, as a share; None if it is not told to be.

        Of rates it is the share lost, of response times the share added.
        """
        if change.verdict == "not_judged" or change.ratio_high is None or change.ratio_high >= 1:
            return None
        slowest = change.ratio_high
        return 1 - slowest if self.compared == "requests_per_s" else 1 / slowest - 1


@dataclass(frozen=True)
class Diff:
    """All findings of two studies.

    All `statements` intervals hold together with the probability `confidence`. `against` is `None`
    where nothing was compared, for machine and code are confounded. `bridges_named` : they were
    named, not found.
    """

    diff_version: int
    old: StudyFacts
    new: StudyFacts
    differences: tuple[Difference, ...]
    stacks: tuple[StackFacts, ...]
    against: Against | None
    bridges_named: bool
    confidence: float
    statements: int
    margin_ratio: float
    sections: tuple[ChangedSection, ...]
    headline: str = ""
    caveats: tuple[str, ...] = ()

    @property
    def bridges(self) -> tuple[str, ...]:
        return tuple(one.label for one in self.stacks if one.bridge)

    def slower_by_more_than(self, share: float) -> Iterator[tuple[ChangedSection, Change]]:
        """Yield the changes whose whole interval says so."""
        for section in self.sections:
            for change in section.changes:
                least = section.least_slowdown(change)
                if least is not None and least > share:
                    yield section, change
