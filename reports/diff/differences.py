"""What differs between two studies, and which stacks are in both unchanged.

Decided by what was recorded of machine, versions, settings and sources alone, never by how fast
anything was.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from reports.analysis.analysis import flattened
from reports.diff.findings import Difference, DifferenceKind
from reports.study.records import Entrant, Study

# Facts of the moment, not of the machine.
FLEETING = frozenset({"load_average_1_min", "processes"})
# Of the versions, what stands for sources.
SOURCES = ("code", "commit")


def entrants(study: Study) -> dict[str, Entrant]:
    """Return the stacks of a study by label, its twin left out."""
    return {one.label: one for one in study.plan.entrants if one.stack is not None}


def differences(old: Study, new: Study) -> tuple[Difference, ...]:
    """Return all differences: of the machine first, then of versions, settings and load."""
    of_stacks = list(_by_stack(old, new))
    told = {(one.kind, one.name, one.old, one.new) for one in of_stacks}
    whole = [
        one
        for one in (*_machine(old, new), *_versions(old, new))
        if (one.kind, one.name, one.old, one.new) not in told
    ]
    return (*whole, *of_stacks, *_load(old, new))


def stack_differences(old: Study, new: Study, label: str) -> tuple[Difference, ...] | None:
    """Return how one stack differs; None where it is not recorded what it is made of."""
    before, after = (study.environment.stacks.get(label) for study in (old, new))
    settings = _pairs("setting", *(_settings(study, label) for study in (old, new)))
    if before is None or after is None:
        return None
    parts = (dict(_parts(made_of)) for made_of in (before, after))
    return (*_made_of(*parts), *settings)


def _machine(old: Study, new: Study) -> Iterator[Difference]:
    facts = (
        {
            name: value
            for name, value in flattened(study.environment.machine)
            if name not in FLEETING
        }
        for study in (old, new)
    )
    yield from _pairs("machine", *facts)


def _versions(old: Study, new: Study) -> Iterator[Difference]:
    before, after = (dict(flattened(study.environment.versions)) for study in (old, new))
    for one in _pairs("package", before, after):
        kind: DifferenceKind = "sources" if one.name in SOURCES else "package"
        yield Difference("python" if one.name == "python" else kind, one.name, one.old, one.new)


def _by_stack(old: Study, new: Study) -> Iterator[Difference]:
    """The differences of stacks, those that several have together."""
    found: dict[tuple[DifferenceKind, str, str | None, str | None], list[str]] = {}
    for label in entrants(old):
        if label in entrants(new):
            made = stack_differences(old, new, label)
            if made is None:
                made = tuple(_pairs("setting", *(_settings(s, label) for s in (old, new))))
            for one in made:
                found.setdefault((one.kind, one.name, one.old, one.new), []).append(label)
    for key, labels in found.items():
        yield Difference(*key, stacks=tuple(labels))


def _load(old: Study, new: Study) -> Iterator[Difference]:
    yield from _pairs("load", *(dict(_sent(study)) for study in (old, new)))


def _sent(study: Study) -> Iterator[tuple[str, Any]]:
    plan = study.plan
    closed = [one.connections for one in plan.shapes if one.rate_per_s is None]
    yield "operations", ", ".join(plan.operations)
    yield "connections to each stack", ", ".join(map(str, dict.fromkeys(closed)))
    for operation in plan.operations:
        rates = [one.rate_per_s for one in plan.shapes_of(operation) if one.rate_per_s is not None]
        if rates:
            yield f"requests/s of {operation}", ", ".join(f"{rate:g}" for rate in rates)
    yield "rows", plan.rows
    yield "workers", plan.workers
    yield "driver", plan.driver


def _settings(study: Study, label: str) -> dict[str, Any]:
    """What was asked for or, where the running processes were found to have another value, that."""
    asked = dict(flattened(entrants(study)[label].settings))
    found = next((dict(flattened(f.found)) for f in study.footprints if f.label == label), {})
    return {name: found.get(name, value) for name, value in asked.items()}


def _parts(made_of: Mapping[str, Any]) -> Iterator[tuple[tuple[DifferenceKind, str], Any]]:
    yield ("python", "python"), made_of.get("python")
    yield ("sources", "code of the stack"), made_of.get("code")
    for name, version in made_of.get("packages", {}).items():
        yield ("package", name), version


def _made_of(
    before: Mapping[tuple[DifferenceKind, str], Any],
    after: Mapping[tuple[DifferenceKind, str], Any],
) -> Iterator[Difference]:
    for key in dict.fromkeys((*before, *after)):
        if before.get(key) != after.get(key):
            yield Difference(*key, _text(before.get(key)), _text(after.get(key)))


def _pairs(
    kind: DifferenceKind, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Difference]:
    for name in dict.fromkeys((*before, *after)):
        values = _text(before.get(name)), _text(after.get(name))
        if values[0] != values[1]:
            yield Difference(kind, name, *values)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
