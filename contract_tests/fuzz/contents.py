"""Request contents for the two operations that take some: right, wrong in type, no JSON at all."""

from hypothesis import strategies as st

from contract_tests.fuzz.json_texts import (
    EDGE_NUMBERS,
    FLOATS,
    MEASURES,
    NAMES,
    NUMBERS,
    array,
    mutated,
    strings,
    values,
    written,
)
from contract_tests.fuzz.weights import weighted
from shared.contract import MAX_ROWS

FEATURES = 4

_SPACES = st.sampled_from((b"", b"", b"", b" ", b"\n\t", b"\r\n"))
# The same names as bytes in JSON, spelled otherwise, and their neighbours.
_NAME_KEYS = (b'"name"',) * 8 + (b'"n\\u0061me"', b'"\\u006eame"', b'"Name"', b'"name "', b'""')
_ROWS_KEYS = (b'"instances"',) * 8 + (b'"inst\\u0061nces"', b'"instance"', b'"Instances"')
_OTHER_MEMBERS = st.tuples(strings(), values(1)) | st.just((b'"model_version"', b'"1"'))
_ROW_COUNTS = st.sampled_from((0, 1, 2, 21, 100, MAX_ROWS - 1, MAX_ROWS, MAX_ROWS + 1))

_NAMED = st.tuples(st.sampled_from(_NAME_KEYS), NAMES)
_NAMED_TWICE = st.tuples(_NAMED, st.tuples(st.just(b'"name"'), NAMES))
_NAMES = weighted(
    (5, st.tuples(_NAMED)),
    (1, st.tuples(_OTHER_MEMBERS, _NAMED)),
    (1, st.tuples(_NAMED, _OTHER_MEMBERS)),
    (1, _NAMED_TWICE),
)


def _with_rows(rows: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """Objects whose `instances` are such rows, mostly alone."""
    named = st.tuples(st.sampled_from(_ROWS_KEYS), rows)
    members = weighted((3, st.tuples(named)), (1, st.tuples(_OTHER_MEMBERS, named)))
    return st.builds(written, members, _SPACES)


def _few_rows(numbers: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    row = st.tuples(*[numbers] * FEATURES).map(array)
    return _with_rows(st.builds(array, st.lists(row, min_size=1, max_size=3), _SPACES))


def _many(row: bytes, count: int, odd_row: bytes | None, place: int) -> bytes:
    """`count` times a row, with an odd one among them."""
    rows = [row] * count
    if rows and odd_row is not None:
        rows[place % count] = odd_row
    return array(rows)


# Of any length near the right one, of any values; or no row.
_VALUES = MEASURES | EDGE_NUMBERS | values(1)
_ODD_ROWS = st.one_of(
    st.tuples(*[_VALUES] * FEATURES).map(array),
    st.lists(_VALUES, max_size=FEATURES + 2).map(array),
    values(1),
)
_MANY_ROWS = st.builds(
    _many,
    st.tuples(*[MEASURES] * FEATURES).map(array),
    _ROW_COUNTS,
    st.none() | _ODD_ROWS,
    st.integers(0, MAX_ROWS),
)
# Sometimes more errors than an answer lists.
_WRONG_ROWS = st.builds(
    _many, _ODD_ROWS, st.sampled_from((1, 1, 1, 2, 5, 20, 21, 30)), _ODD_ROWS, st.integers(0, 30)
)

_ANY = values(2)
RIGHT = {
    "letter_count": st.builds(written, _NAMES, _SPACES),
    "predict": st.one_of(
        _few_rows(MEASURES), _few_rows(NUMBERS), _few_rows(FLOATS), _with_rows(_MANY_ROWS)
    ),
}
"""Texts that are taken, or nearly always, by operation."""

INVALID = {
    "letter_count": weighted(
        (1, st.tuples(st.tuples(st.sampled_from(_NAME_KEYS), values(1))).map(written)), (1, _ANY)
    ),
    "predict": weighted((2, _with_rows(_WRONG_ROWS)), (1, _with_rows(values(1))), (1, _ANY)),
}
"""Texts that are mostly JSON, and mostly not what the operation takes."""


def _member(key: bytes) -> st.SearchStrategy[bytes]:
    """Objects of one member whose value is mostly no JSON, by one fault."""
    return (strings(wrong=True) | EDGE_NUMBERS).map(lambda value: written([(key, value)]))


MALFORMED = {
    operation: mutated(RIGHT[operation] | INVALID[operation]) | _member(key) | st.binary(max_size=8)
    for operation, key in (("letter_count", b'"name"'), ("predict", b'"instances"'))
}
"""Texts that are mostly not JSON, each by one fault."""
