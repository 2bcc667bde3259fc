"""The looks of a study: the numbers of blocks at which its pairs are judged.

A pair that is decided at a look stays decided, with the interval of that look; blocks after the
last look count for nothing. When the study ends may depend on what was found: the intervals of all
looks hold together (`reports.analysis.spending`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import expm1, sqrt

from reports.analysis.findings import PairFinding, Report, Section
from reports.analysis.intervals import Difference
from reports.analysis.pairs import DECIDED
from reports.analysis.sections import Compared, interval_alpha
from reports.analysis.spending import look_alphas
from reports.study.counted_blocks import counted_blocks
from reports.study.records import Block, Plan, Round, Shape, Study

# Of the logarithm of a stack's speed, from block to block: where a machine is quiet, and less than
# was ever seen.
QUIET_SD = 0.01
STEADIEST_SD = 0.004

PairKey = tuple[str, str, Compared, frozenset[str]]
"""Operation, shape, what is compared, and the labels."""


@dataclass(frozen=True)
class Look:
    """A look at which a study has arrived; `last_block` is the number of the block that led to it.

    `blocks` : how many blocks were to count.
    """

    blocks: int
    last_block: int


def looks_reached(plan: Plan, blocks: Iterable[Block], rounds: Sequence[Round]) -> list[Look]:
    """Return the looks that the blocks recorded have led to, in their order."""
    run = sorted((one for one in blocks if not one.solo), key=lambda one: one.number)
    found: list[Look] = []
    for look in plan.looks:
        for count in range(look, len(run) + 1):
            if len(counted_blocks(plan, run[:count], rounds)) >= look:
                found.append(Look(look, run[count - 1].number))
                break
    return found


def at_look(study: Study, look: Look) -> Study:
    """Return what the study had recorded when it arrived at the look."""
    blocks = tuple(one for one in study.blocks if one.solo or one.number <= look.last_block)
    numbers = {one.number for one in blocks}
    return replace(
        study,
        blocks=blocks,
        rounds=tuple(one for one in study.rounds if one.block in numbers),
        slices=tuple(one for one in study.slices if one.block in numbers),
        server_cpu=tuple(one for one in study.server_cpu if one.block in numbers),
    )


@dataclass(frozen=True)
class Earlier:
    """What earlier looks have fixed: pairs that are decided, and after which time answers are late.

    The latter in microseconds, by operation and shape.
    """

    pairs: Mapping[PairKey, PairFinding] = field(default_factory=dict)
    late_after_us: Mapping[tuple[str, str], float] = field(default_factory=dict)

    def and_of(self, report: Report) -> "Earlier":
        """Return what is fixed after this look, too."""
        pairs, late = dict(self.pairs), dict(self.late_after_us)
        for comparison in report.comparisons:
            cell = comparison.operation, comparison.shape
            for section in comparison.sections:
                if section.late_after_us is not None:
                    late.setdefault(cell, section.late_after_us)
                for pair in section.pairs:
                    if pair.verdict == "equal" or pair.verdict in DECIDED:
                        pairs[*cell, pair.compared, _labels(pair)] = pair
        return Earlier(pairs, late)

    def kept(
        self, operation: str, shape: str, pairs: Iterable[PairFinding]
    ) -> Iterator[PairFinding]:
        """Yield the pairs, those that were decided at an earlier look as they were then."""
        for pair in pairs:
            then = self.pairs.get((operation, shape, pair.compared, _labels(pair)), pair)
            turn = then.verdict == "equal" and then.first != pair.first
            yield _turned(then) if turn else then


def all_decided(report: Report) -> bool:
    """Whether more blocks would decide no further pair of those that decide the places.

    A pair that the load generator keeps from being judged is not waited for, and neither are tails.
    """
    return not any(_waits(comparison.deciding) for comparison in report.comparisons)


def least_margin(plan: Plan, sd: float) -> float:
    """Return the margin within which equal stacks can be found to be equal at the last look.

    As a share, for stacks of whose speeds the logarithms vary by `sd` from block to block. The plan
    may still lack the open loops that the pilots add, one for each operation.
    """
    if plan.options.open_load_ratio is not None and all(s.rate_per_s is None for s in plan.shapes):
        plan = replace(plan, shapes=(*plan.shapes, Shape(plan.shapes[0].connections, 1.0)))
    stacks = max(2, len(plan.labels))
    error = sqrt(2 / plan.blocks) * sd
    usual = Difference(0.0, stacks, plan.blocks, own_error=error, pooled_error=error)
    alpha = look_alphas(interval_alpha(plan), stacks, plan.looks)[-1]
    return expm1(usual.half_width(alpha))


def _waits(section: Section) -> bool:
    if section.no_verdict is not None:
        return section.no_verdict.kind not in ("too_few_stacks", "too_few_late")
    return any(one.verdict == "undecided" and not one.limited_by_generator for one in section.pairs)


def _labels(pair: PairFinding) -> frozenset[str]:
    return frozenset((pair.first, pair.second))


def _turned(pair: PairFinding) -> PairFinding:
    """The same finding told from the second's side."""
    solo = pair.solo and replace(
        pair.solo,
        ratio=1 / pair.solo.ratio,
        change=1 / pair.solo.change,
        change_low=1 / pair.solo.change_high,
        change_high=1 / pair.solo.change_low,
    )
    return replace(
        pair,
        first=pair.second,
        second=pair.first,
        ratio=1 / pair.ratio,
        ratio_low=1 / pair.ratio_high,
        ratio_high=1 / pair.ratio_low,
        least_ratio=1 / pair.most_ratio,
        most_ratio=1 / pair.least_ratio,
        bootstrap_low=1 / pair.bootstrap_high,
        bootstrap_high=1 / pair.bootstrap_low,
        round_median_ratio=pair.round_median_ratio and 1 / pair.round_median_ratio,
        solo=solo,
    )
