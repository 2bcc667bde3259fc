"""The suite's requests in the words of a model that is not its own.

The suite's cases are written with flowers of its own model. For another model they are put into
that model's words: a flower's number becomes the sample's at the same place, a row of the right
length stays one, a row of a wrong length stays wrong, and what a case has put in by hand stays.
"""

import functools
import itertools
import re
from dataclasses import replace
from typing import NamedTuple

import orjson

from contract_tests.http.messages import Request
from shared import contract
from shared.sample import Sample

FLOWERS = ((5.1, 3.5, 1.4, 0.2), (6.7, 3.1, 4.7, 1.5), (6.3, 3.3, 6.0, 2.5))
_FEATURES = len(FLOWERS[0])
_FLOWERS_NUMBERS = tuple(frozenset(column) for column in zip(*FLOWERS, strict=True))
# JSON as the suite writes rows: scalars, and arrays and objects that a case puts in their place.
_STRING = rb'"(?>[^"\\]|\\.)*"'
_SCALAR = rb'(?>%b|\{\}|[^\s,\[\]{}"]+)' % _STRING
_DEEPEST = 3


def _nested(depth: int) -> bytes:
    """A pattern for a value whose containers are nested `depth` deep at most."""
    if depth == 0:
        return _SCALAR
    inner = _nested(depth - 1)
    member = rb"%b\s*:\s*%b" % (_STRING, inner)
    array = rb"\[\s*(?:%b(?:\s*,\s*%b)*)?\s*\]" % (inner, inner)
    members = rb"\{\s*(?:%b(?:\s*,\s*%b)*)?\s*\}" % (member, member)
    return rb"(?>%b|%b|%b)" % (array, members, _SCALAR)


class _Patterns(NamedTuple):
    """The patterns of an element of a row, of an instance, and of all instances."""

    element: re.Pattern[bytes]
    instance: re.Pattern[bytes]
    instances: re.Pattern[bytes]


@functools.cache
def _patterns() -> _Patterns:
    """Compile the patterns, which are long; most runs need none of them."""
    in_a_row = _nested(_DEEPEST)
    row = rb"(?>\[\s*(?:%b(?:\s*,\s*%b)*)?\s*\])" % (in_a_row, in_a_row)
    instance = rb"(?>%b|%b)" % (row, _SCALAR)
    instances = rb'("instances"\s*:\s*\[\s*)(%b(?>\s*,\s*%b)*)(\s*\])' % (instance, instance)
    return _Patterns(re.compile(in_a_row), re.compile(instance), re.compile(instances, re.DOTALL))


IRIS = Sample(FLOWERS, ("setosa", "versicolor", "virginica"))
"""The suite's own model."""


def adapted(sample: Sample, request: Request) -> Request:
    """The suite's request in this model's words; itself if nothing of it is about rows."""
    path = request.target.partition("?")[0]
    if sample is IRIS or path != contract.PREDICT.path:
        return request
    content = adapted_content(sample, request.whole_content)
    if request.chunks is None:
        return replace(request, content=content)
    size = max(map(len, request.chunks), default=0)
    return replace(request, content=content).in_chunks(size) if size else request


def adapted_content(sample: Sample, content: bytes) -> bytes:
    """The content of a predict request with its rows in this model's words.

    What is not JSON with rows in it stays as it is: its answer depends on no model.
    """
    return _patterns().instances.sub(
        lambda found: found[1] + _rows(sample, found[2]) + found[3], content
    )


def _rows(sample: Sample, rows: bytes) -> bytes:
    indices = itertools.count()
    return _patterns().instance.sub(lambda found: _row(sample, found[0], next(indices)), rows)


def _row(sample: Sample, item: bytes, index: int) -> bytes:
    if not item.startswith(b"["):
        return item
    own = [orjson.dumps(number) for number in sample.rows[index % len(sample.rows)]]
    elements = _patterns().element.findall(item[1:-1])
    values = [
        own[at] if at < len(own) and _is_a_flowers(element, at) else element
        for at, element in enumerate(elements)
    ]
    values += own[len(values) :] + own
    return b"[" + b",".join(values[: _length_for(sample, len(elements))]) + b"]"


def _length_for(sample: Sample, length: int) -> int:
    """Return the length that corresponds to `length` for the suite's own model."""
    if length < _FEATURES:
        return min(length, sample.features - 1)
    return sample.features + length - _FEATURES


def _is_a_flowers(element: bytes, at: int) -> bool:
    """Whether this is the text of a number that one of the suite's flowers has at this place."""
    try:
        return at < _FEATURES and float(element) in _FLOWERS_NUMBERS[at]
    except ValueError:
        return False
