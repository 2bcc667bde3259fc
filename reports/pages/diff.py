"""A comparison of two studies as text, Markdown and JSON."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.text import Text

from reports.console import Console, bullet
from reports.diff.findings import DIFF_VERSION, Diff
from reports.pages.environment import markdown_cell
from reports.pages.json_document import findings_json, schema_text_of
from reports.wording import formats
from reports.wording.diff import difference_sentences, disagreement_sentences, drift_sentence


@dataclass(frozen=True)
class Part:
    """A heading, and what stands below it, one sentence a line."""

    title: str
    lines: tuple[str, ...]


def parts(found: Diff) -> Iterator[Part]:
    """Yield all that is told, in its order."""
    old, new = (formats.moment(study.created_at) for study in (found.old, found.new))
    differ = tuple(difference_sentences(found))
    yield Part(f"What differs between {old} and {new}", differ or ("nothing",))
    yield Part("How they are compared", (found.headline, *found.caveats, *_drift(found)))
    changes = tuple(change.sentence for one in found.sections for change in one.changes)
    if changes:
        yield Part("What changed", changes)
    disagreements = tuple(disagreement_sentences(found))
    if disagreements:
        yield Part("Bridges that changed against each other", disagreements)


def print_diff(found: Diff) -> None:
    """Print the text to standard output."""
    drawn: list[RenderableType] = []
    for part in parts(found):
        drawn.append(Text(part.title, style="bold"))
        drawn += map(bullet, part.lines)
        drawn.append(Text())
    drawn.append(Text(footnote(found), style="dim italic"))
    Console().print(Group(*drawn))


def markdown(found: Diff) -> str:
    """Return the same as Markdown."""
    blocks = [
        f"### {part.title}\n\n" + "".join(f"- {markdown_cell(line)}\n" for line in part.lines)
        for part in parts(found)
    ]
    return "\n".join([*blocks, f"{footnote(found)}\n"])


def footnote(found: Diff) -> str:
    """Return what the intervals hold together."""
    if not found.statements:
        return "Nothing is claimed."
    return (
        f"All {found.statements} intervals hold together at {formats.percent(found.confidence)}. "
        "Of rates it is told which share was lost or gained, of response times which was added or "
        "saved."
    )


def diff_json(found: Diff) -> str:
    """Return the findings as JSON text, their numbers to six significant digits."""
    return findings_json(Diff, found)


def schema_text() -> str:
    """Return the JSON Schema (2020-12) of `podium diff --json`."""
    return schema_text_of(Diff, f"podium diff, version {DIFF_VERSION}")


def _drift(found: Diff) -> tuple[str, ...]:
    sentence = drift_sentence(found)
    return (sentence,) if sentence else ()
