"""The English of a history of studies."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from reports.history.change_points import LEAST_POINTS
from reports.history.findings import ChangePoint, History, LeftOut, LeftOutKind, Line, Point
from reports.wording import formats
from reports.wording.diff import difference_sentence
from reports.wording.reasons import no_verdict_clause
from reports.wording.verdicts import load_name

LEFT_OUT: Mapping[LeftOutKind, str] = {
    "unreadable": "{}",
    "unfinished": "it is not finished",
    "repeated": "it is the same study as {}",
    "without_bridge": "it lacks a bridge",
    "no_verdict": "it has no verdicts, {}",
}


def worded_history(found: History) -> History:
    """Return the findings with all their sentences filled in; the facts stay as they are."""
    lines = tuple(replace(one, what=_name(one, found.lines)) for one in found.lines)
    named = replace(
        found,
        lines=lines,
        left_out=tuple(replace(one, reason=_reason(one)) for one in found.left_out),
    )
    return replace(named, sentences=tuple(_sentences(named)))


def what_changed(found: History, study: int) -> Iterator[str]:
    """Yield what differs of the stacks in a study from their points before, each once."""
    told: dict[str, list[str]] = {}
    unknown = []
    for line in found.lines:
        for point in line.points:
            if point.study == study and point.changed is None:
                unknown.append(line.label)
            elif point.study == study:
                for text in change_texts(point):
                    told.setdefault(text, []).append(line.label)
    for text, labels in told.items():
        yield f"{text} ({formats.listed([*dict.fromkeys(labels)])})"
    if unknown:
        yield f"not recorded for {formats.listed([*dict.fromkeys(unknown)])}"


def change_texts(point: Point) -> list[str]:
    """Return what differs of the stack from its point before."""
    return [difference_sentence(one) for one in point.changed or ()]


def change_point_sentence(found: History, line: Line, one: ChangePoint) -> str:
    """Return where a line changed, by how much, and what changed there."""
    study = found.studies[one.study]
    point = next(point for point in line.points if point.study == one.study)
    texts = change_texts(point)
    with_it = f"; there {formats.listed(texts)}" if texts else ""
    return (
        f"{line.what}: {line.label} changed by {formats.change(one.ratio)} with study "
        f"{one.study + 1}, {formats.moment(study.created_at)}{with_it}"
    )


def _name(line: Line, lines: tuple[Line, ...]) -> str:
    shapes = Counter(operation for operation, _ in {(one.operation, one.shape) for one in lines})
    return load_name(line.operation, line.connections, None, only_shape=shapes[line.operation] == 1)


def _reason(one: LeftOut) -> str:
    detail = one.detail if one.no_verdict is None else no_verdict_clause(one.no_verdict)
    return LEFT_OUT[one.kind].format(detail)


def _sentences(found: History) -> Iterator[str]:
    several = len(found.bridges) > 1
    how = "taken as unchanged, as was asked" if found.bridges_named else "unchanged in all studies"
    yield (
        f"Speeds are relative to {formats.listed(found.bridges)}, which "
        f"{'are' if several else 'is'} {how}"
    )
    if found.searched == "too_few_studies":
        yield f"Change points are looked for in lines of {LEAST_POINTS} studies or more"
    elif found.searched == "not_installed":
        yield (
            "Change points were not looked for: that needs the program otava "
            "(pipx install apache-otava)"
        )
    else:
        points = [
            change_point_sentence(found, line, one)
            for line in found.lines
            for one in line.change_points or ()
        ]
        least = formats.percent(found.least_change_ratio)
        yield from points or [f"Apache Otava finds no lasting change of {least} or more"]
