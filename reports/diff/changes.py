"""The changes of one section between two studies, with intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import exp

from reports.analysis.findings import VerdictKind
from reports.analysis.pairs import TOLD_FACTOR, judge
from reports.analysis.sections import OF_TIMES
from reports.diff.contrasts import half_width
from reports.diff.findings import Against, Change, ChangeVerdict, Disagreement, Unjudged
from reports.diff.measured import MeasuredSection, Weights

VERDICTS: Mapping[VerdictKind, ChangeVerdict] = {
    "different": "different",
    "equal": "equal",
    "faster_within_margin": "different_within_margin",
    "undecided": "undecided",
}


@dataclass(frozen=True, eq=False)
class SectionChanges:
    """One section of both studies.

    `bridges` are those of the diff, some of which may lack a speed here; `alpha` is the probability
    that an interval misses.
    """

    old: MeasuredSection
    new: MeasuredSection
    bridges: Sequence[str]
    against: Against
    alpha: float
    margin_ratio: float

    @cached_property
    def usable(self) -> tuple[str, ...]:
        """The bridges that have a speed of their own in both studies."""
        return tuple(
            label
            for label in self.bridges
            if all(
                label in section.speeds and label not in section.limited
                for section in (self.old, self.new)
            )
        )

    @property
    def drift(self) -> float | None:
        """How the bridges' speed changed, on average."""
        return exp(self._change(_mean(self.usable))) if self.usable else None

    @cached_property
    def disagreements(self) -> tuple[Disagreement, ...]:
        """Each bridge that changed against the others together, by more than noise."""
        if len(self.usable) < 2 or self._unjudged_study() is not None:
            return ()
        tried = self.usable if len(self.usable) > 2 else self.usable[:1]
        found = []
        for label in tried:
            others = _mean([other for other in self.usable if other != label], -1.0)
            low, high = self._interval({label: 1.0, **others})
            if low > 1 or high < 1:
                found.append(Disagreement(label, low, high))
        return tuple(found)

    def change(self, label: str) -> Change:
        """Return the change of a stack that both studies have."""
        weights = {label: 1.0, **_mean(self.usable, -1.0)}
        known = all(label in section.speeds for section in (self.old, self.new))
        comparable = known and (bool(self.usable) or self.against == "nothing")
        unjudged = self._unjudged(label)
        low, high = self._interval(weights) if unjudged is None else (None, None)
        return Change(
            label=label,
            old=self.old.value(label),
            new=self.new.value(label),
            ratio=exp(self._change(weights)) if comparable else None,
            ratio_low=low,
            ratio_high=high,
            verdict="not_judged" if low is None or high is None else self._verdict(low, high),
            unjudged=unjudged,
        )

    def _unjudged(self, label: str) -> Unjudged | None:
        for section in (self.old, self.new):
            of_new = section is self.new
            if label not in section.speeds:
                return Unjudged("excluded", of_new, exclusion=section.excluded.get(label))
            if label in section.limited:
                return Unjudged("generator_limited", of_new, limit=section.limited[label])
        if (of_study := self._unjudged_study()) is not None:
            return of_study
        if self.against == "bridge" and not self.usable:
            return Unjudged("no_bridge")
        return Unjudged("bridges_disagree") if self.disagreements else None

    def _unjudged_study(self) -> Unjudged | None:
        for section in (self.old, self.new):
            if section.no_verdict is not None:
                return Unjudged("study", section is self.new, no_verdict=section.no_verdict)
        return None

    def _verdict(self, low: float, high: float) -> ChangeVerdict:
        if self.new.compared in OF_TIMES and high > TOLD_FACTOR * low:
            return "undecided"
        return VERDICTS[judge(low, high, self.margin_ratio)]

    def _change(self, weights: Weights) -> float:
        return self.new.log_speed(weights) - self.old.log_speed(weights)

    def _interval(self, weights: Weights) -> tuple[float, float]:
        """What late starts leave open of the ratio, and the noise around it."""
        noises = zip(self.old.noises(weights), self.new.noises(weights), strict=True)
        half = max(half_width(pair, self.alpha) for pair in noises)
        old_lower, old_higher = self.old.gaps(weights)
        new_lower, new_higher = self.new.gaps(weights)
        change = self._change(weights)
        return (
            exp(change - new_lower - old_higher - half),
            exp(change + new_higher + old_lower + half),
        )


def _mean(labels: Sequence[str], sign: float = 1.0) -> dict[str, float]:
    return {label: sign / len(labels) for label in labels}
