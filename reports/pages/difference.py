"""Two texts side by side, with what differs marked."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

# A line of content may be a megabyte; what is the same around a difference is not shown whole.
_KEPT = 60
_LONGEST = 300


@dataclass(frozen=True)
class Part:
    """A piece of a line, and whether the other side has another."""

    text: str
    differs: bool


Line = tuple[Part, ...]


def side_by_side(expected: str, actual: str) -> list[tuple[Line | None, Line | None]]:
    """Lines of both in pairs; None where a side has no such line."""
    left, right = expected.split("\n"), actual.split("\n")
    pairs: list[tuple[Line | None, Line | None]] = []
    for tag, start, end, other_start, other_end in SequenceMatcher(
        None, left, right, autojunk=False
    ).get_opcodes():
        lines = zip_longest(left[start:end], right[other_start:other_end])
        if tag == "equal":
            pairs += [(_same(line), _same(line)) for line in left[start:end]]
        else:
            pairs += [_marked(one, other) for one, other in lines]
    return pairs


def _same(line: str) -> Line:
    return (Part(_start(line), False),)


def _marked(one: str | None, other: str | None) -> tuple[Line | None, Line | None]:
    if one is None or other is None:
        return tuple(None if text is None else (Part(_start(text), True),) for text in (one, other))  # type: ignore[return-value]  # of two, two
    before = _common(one, other)
    after = min(_common(one[::-1], other[::-1]), len(one) - before, len(other) - before)
    return (tuple(_around(one, before, after)), tuple(_around(other, before, after)))


def _around(line: str, before: int, after: int) -> Iterator[Part]:
    """The difference with a little of what is the same before and after it."""
    end = len(line) - after
    if before:
        yield Part(
            ("…" if before > _LONGEST else "") + line[max(0, before - _kept(before)) : before],
            False,
        )
    yield Part(_start(line[before:end]), True)
    if after:
        yield Part(line[end : end + _kept(after)] + ("…" if after > _LONGEST else ""), False)


def _kept(length: int) -> int:
    return length if length <= _LONGEST else _KEPT


def _start(line: str) -> str:
    return line if len(line) <= _LONGEST * 2 else f"{line[:_LONGEST]}… {len(line)} characters"


def _common(one: str, other: str) -> int:
    """Return the number of characters that both begin with."""
    for index, (mine, its) in enumerate(zip(one, other, strict=False)):
        if mine != its:
            return index
    return min(len(one), len(other))
