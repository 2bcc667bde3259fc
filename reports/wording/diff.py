"""The English of a comparison of two studies."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from reports.diff.findings import Change, ChangedSection, Diff, Difference, Unjudged
from reports.wording import formats
from reports.wording.reasons import (
    QUANTITIES,
    exclusion_clause,
    limit_clause,
    no_verdict_clause,
)
from reports.wording.verdicts import load_name

CONFOUNDED = (
    "machine and code are confounded: no stack is known to be in both studies unchanged, by which "
    "one could tell them apart"
)
NO_BRIDGE = f"No verdict, {CONFOUNDED}"
REMEDY = (
    "name a stack that you know to be unchanged with --bridge, or compare what machine and code "
    "did together with --anyway"
)


def worded_diff(found: Diff) -> Diff:
    """Return the findings with all their sentences filled in; the facts stay as they are."""
    shapes = Counter(one.operation for one in found.sections if one.compared == "requests_per_s")
    return replace(
        found,
        headline=_headline(found),
        caveats=tuple(_caveats(found)),
        sections=tuple(
            _section(one, found.margin_ratio, only_shape=shapes[one.operation] == 1)
            for one in found.sections
        ),
    )


def difference_sentence(one: Difference, compared: int | None = None) -> str:
    """Return what differs: `flask 3.0.3 → 3.1.3 (flask:gunicorn)`.

    `compared` : how many stacks are in both studies.
    """
    name = {"code": "sources", "code of the stack": "its sources"}.get(one.name, one.name)
    labels = "all stacks" if len(one.stacks) == compared else formats.listed(one.stacks)
    of = f" ({labels})" if one.stacks else ""
    old, new = ("absent" if value is None else value for value in (one.old, one.new))
    return f"{name} {old} → {new}{of}"


def difference_sentences(found: Diff) -> Iterator[str]:
    """Yield all that differs."""
    compared = sum(one.became not in ("added", "removed") for one in found.stacks)
    for one in found.differences:
        yield difference_sentence(one, compared if compared > 1 else None)


def drift_sentence(found: Diff) -> str:
    """Return how the bridges' own speed changed; empty where that is not known."""
    known = [
        f"{one.what}{_of(one)} {formats.change(one.drift)}"
        for one in found.sections
        if one.drift is not None
    ]
    return f"The bridge's own speed changed, as measured: {', '.join(known)}" if known else ""


def disagreement_sentences(found: Diff) -> Iterator[str]:
    """Yield which bridges changed against the others, where that was more than noise."""
    for section in found.sections:
        for clause in _disagreements(section):
            yield f"{section.what}{_of(section)}: {clause}"


def _headline(found: Diff) -> str:
    if found.against is None:
        return NO_BRIDGE
    if found.against == "nothing":
        return f"Changes are of machine and code together, for {CONFOUNDED}"
    bridges = formats.listed(found.bridges)
    if not any(section.changes for section in found.sections):
        return f"No stack changed, as far as studies record it: {bridges}"
    known = "were named as unchanged" if found.bridges_named else "are in both studies unchanged"
    if len(found.bridges) == 1:
        known = known.replace("were", "was").replace("are", "is")
    return f"Changes are relative to {bridges}, which {known}"


def _caveats(found: Diff) -> Iterator[str]:
    became = {one.label: one.became for one in found.stacks}
    if "unknown" in became.values():
        yield (
            "Of one of the studies it is not recorded what its stacks are made of, so none is "
            "known to be unchanged: an earlier podium made it"
        )
    changed = [label for label in found.bridges if became[label] == "changed"]
    if changed:
        yield f"{formats.listed(changed)} changed, and was named as a bridge nevertheless"
    machine = [one.name for one in found.differences if one.kind == "machine"]
    if machine and found.against == "bridge":
        yield (
            f"The machines differ ({formats.listed(machine)}): only what a machine does to all "
            "stacks alike cancels"
        )
    for one in found.stacks:
        if one.became in ("added", "removed"):
            yield f"{one.label} is only in the {'new' if one.became == 'added' else 'old'} study"


def _section(found: ChangedSection, margin_ratio: float, *, only_shape: bool) -> ChangedSection:
    named = replace(
        found,
        what=load_name(found.operation, found.connections, found.rate_per_s, only_shape=only_shape),
    )
    return replace(
        named,
        changes=tuple(
            replace(one, sentence=_sentence(named, one, margin_ratio)) for one in named.changes
        ),
    )


def _sentence(section: ChangedSection, change: Change, margin_ratio: float) -> str:
    margin = formats.percent(margin_ratio)
    what = f"{section.what}: {QUANTITIES[section.compared]}{' of ' if _of(section) else ''}"
    subject = f"{what}{change.label}"
    low, high = change.ratio_low, change.ratio_high
    if change.unjudged is not None or low is None or high is None:
        return f"{subject} is not judged, {_why(section, change)}"
    if change.verdict == "equal":
        return f"{subject} is unchanged within {margin}"
    if change.verdict == "undecided":
        ends = (low, high) if section.compared == "requests_per_s" else (1 / high, 1 / low)
        return f"{subject} is not decided, {formats.change(ends[0])} to {formats.change(ends[1])}"
    sentence = f"{subject} is {_by(section, low, high)} before"
    if change.verdict == "different_within_margin":
        return f"{sentence}, which is less than the margin of {margin}"
    return sentence


def _by(section: ChangedSection, low: float, high: float) -> str:
    """How much faster or slower: of a rate the share lost or added, and so of a response time."""
    if section.compared == "requests_per_s":
        if low > 1:
            return formats.faster_than(low, high)
        return f"{formats.lower_by(1 / high, 1 / low).replace('lower', 'slower')} than"
    if low > 1:
        return f"{formats.lower_by(low, high)} than"
    return formats.higher_than(1 / high, 1 / low)


def _of(section: ChangedSection) -> str:
    quantity = QUANTITIES[section.compared]
    return f" {quantity}" if quantity else ""


def _why(section: ChangedSection, change: Change) -> str:
    reason = change.unjudged or Unjudged("no_bridge")
    where = "" if reason.of_new is None else f"in the {'new' if reason.of_new else 'old'} study "
    match reason.kind:
        case "excluded":
            return f"{where}it {exclusion_clause(reason.exclusion)}" if reason.exclusion else where
        case "generator_limited":
            return f"{where}{limit_clause(reason.limit)}" if reason.limit else where
        case "no_bridge":
            return "no bridge has a speed here that could be used"
        case "bridges_disagree":
            return f"the bridges disagree: {formats.listed(tuple(_disagreements(section)))}"
        case "study":
            return f"{where}{no_verdict_clause(reason.no_verdict)}" if reason.no_verdict else where


def _disagreements(section: ChangedSection) -> Iterator[str]:
    for one in section.disagreements:
        yield f"{one.label} became {_by(section, one.ratio_low, one.ratio_high)} the others"
