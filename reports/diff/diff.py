"""Two studies in, the findings out: a pure function of both."""

from collections.abc import Iterator, Sequence

from reports.analysis.sections import ALPHA
from reports.diff.bridges import named_bridges
from reports.diff.changes import SectionChanges
from reports.diff.differences import differences, entrants, stack_differences
from reports.diff.findings import (
    DIFF_VERSION,
    Against,
    Became,
    ChangedSection,
    Diff,
    StackFacts,
    StudyFacts,
)
from reports.diff.measured import (
    at_its_end,
    blocks_that_count,
    measured_sections,
    section_keys,
)
from reports.errors import SameStudy
from reports.study.records import Study


def diff(old: Study, new: Study, bridges: Sequence[str] = (), *, anyway: bool = False) -> Diff:
    """Return what differs between two studies, and what became faster or slower.

    `bridges` : stacks that are to be taken as unchanged; none: those of which nothing that was
    recorded tells a change. `anyway` : where there is none, tell what machine and code did
    together. Raises SameStudy, NoSuchBridge and HistogramDamaged.
    """
    if old.study_id == new.study_id:
        raise SameStudy(new.study_id)
    stacks = tuple(_stacks(old, new, named_bridges(bridges, (old, new))))
    against: Against | None = "nothing" if anyway else None
    if any(one.bridge for one in stacks):
        against = "bridge"
    sections = () if against is None else tuple(_sections(old, new, stacks, against))
    return Diff(
        diff_version=DIFF_VERSION,
        old=_facts(old),
        new=_facts(new),
        differences=differences(old, new),
        stacks=stacks,
        against=against,
        bridges_named=bool(bridges),
        confidence=1 - ALPHA,
        statements=len(sections) * _statements(stacks),
        margin_ratio=new.plan.options.margin_ratio,
        sections=sections,
    )


def _facts(study: Study) -> StudyFacts:
    return StudyFacts(study.study_id, study.created_at, blocks_that_count(study))


def _stacks(old: Study, new: Study, named: Sequence[str]) -> Iterator[StackFacts]:
    for label in dict.fromkeys((*entrants(new), *entrants(old))):
        if label not in entrants(old):
            yield StackFacts(label, "added", bridge=False)
        elif label not in entrants(new):
            yield StackFacts(label, "removed", bridge=False)
        else:
            found = stack_differences(old, new, label)
            became: Became = "unknown" if found is None else "changed" if found else "unchanged"
            bridge = label in named if named else became == "unchanged"
            yield StackFacts(label, became, bridge)


def _compared(stacks: Sequence[StackFacts]) -> list[str]:
    there = [one for one in stacks if one.became not in ("added", "removed")]
    return [one.label for one in there if not one.bridge]


def _statements(stacks: Sequence[StackFacts]) -> int:
    """How many intervals a section has: of the changes, and of bridges against each other."""
    bridges = sum(one.bridge for one in stacks)
    return len(_compared(stacks)) + (bridges if bridges > 2 else bridges // 2)


def _sections(
    old: Study, new: Study, stacks: Sequence[StackFacts], against: Against
) -> Iterator[ChangedSection]:
    in_both = {*section_keys(old.plan)} & {*section_keys(new.plan)}
    if old.plan.rows != new.plan.rows:
        in_both = {key for key in in_both if key[0] != "predict"}
    # A study with several looks may have ended at any of them.
    ends = len(old.plan.looks) * len(new.plan.looks)
    alpha = ALPHA / max(1, len(in_both) * _statements(stacks) * ends)
    before, after = (measured_sections(at_its_end(study)) for study in (old, new))
    for key in section_keys(new.plan):
        if key not in in_both:
            continue
        found = SectionChanges(
            old=before[key],
            new=after[key],
            bridges=[one.label for one in stacks if one.bridge],
            against=against,
            alpha=alpha,
            margin_ratio=new.plan.options.margin_ratio,
        )
        operation, shape, compared = key
        yield ChangedSection(
            operation=operation,
            shape=shape,
            connections=found.new.shape.connections,
            rate_per_s=found.new.shape.rate_per_s,
            compared=compared,
            bridges=found.usable,
            drift=found.drift,
            disagreements=found.disagreements,
            changes=tuple(found.change(label) for label in _compared(stacks)),
        )
