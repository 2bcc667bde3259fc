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
from shared.contract import MAX_ROWS

Draw = st.DrawFn
FEATURES = 4

_SPACES = st.sampled_from((b"", b"", b"", b" ", b"\n\t", b"\r\n"))
# The same names as bytes in JSON, spelled otherwise, and their neighbours.
_NAME_KEYS = (b'"name"',) * 8 + (b'"n\\u0061me"', b'"\\u006eame"', b'"Name"', b'"name "', b'""')
_ROWS_KEYS = (b'"instances"',) * 8 + (b'"inst\\u0061nces"', b'"instance"', b'"Instances"')
_OTHER_MEMBERS = st.tuples(strings(), values(1)) | st.just((b'"model_version"', b'"1"'))
_ROW_COUNTS = st.sampled_from((0, 1, 2, 21, 100, MAX_ROWS - 1, MAX_ROWS, MAX_ROWS + 1))


@st.composite
def _names(draw: Draw) -> bytes:
    """An object whose `name` is a string, or absent."""
    members = [(draw(st.sampled_from(_NAME_KEYS)), draw(NAMES))]
    if draw(st.integers(0, 3)) == 0:
        members.insert(draw(st.integers(0, 1)), draw(_OTHER_MEMBERS))
    if draw(st.integers(0, 7)) == 0:
        members.append((b'"name"', draw(NAMES)))
    return written(members, draw(_SPACES))


@st.composite
def _rows(draw: Draw, numbers: st.SearchStrategy[bytes]) -> bytes:
    """An object whose `instances` are a few rows of the right length."""
    count = draw(st.integers(1, 3))
    rows = [array([draw(numbers) for _ in range(FEATURES)]) for _ in range(count)]
    members = [(draw(st.sampled_from(_ROWS_KEYS)), array(rows, draw(_SPACES)))]
    if draw(st.integers(0, 3)) == 0:
        members.insert(draw(st.integers(0, 1)), draw(_OTHER_MEMBERS))
    return written(members)


@st.composite
def _many_rows(draw: Draw) -> bytes:
    """As many rows as may be, one less, one more, or none, with one that may be wrong."""
    count = draw(_ROW_COUNTS)
    row = array([draw(MEASURES) for _ in range(FEATURES)])
    rows = [row] * count
    if count and draw(st.booleans()):
        rows[draw(st.integers(0, count - 1))] = draw(_wrong_row())
    return written([(b'"instances"', array(rows))])


@st.composite
def _wrong_row(draw: Draw) -> bytes:
    """A row with any values, of any length near the right one, or no row."""
    if draw(st.integers(0, 4)) == 0:
        return draw(values(1))
    size = draw(st.sampled_from((FEATURES,) * 6 + (0, 1, FEATURES - 1, FEATURES + 1, 9)))
    return array([draw(MEASURES | EDGE_NUMBERS | values(1)) for _ in range(size)])


@st.composite
def _wrong_rows(draw: Draw) -> bytes:
    """Rows of which some, or all, are none; sometimes more errors than are told."""
    row = draw(_wrong_row())
    rows = [row] * draw(st.sampled_from((1, 1, 1, 2, 5, 6, 20, 21, 30)))
    if draw(st.booleans()):
        rows.append(draw(_wrong_row()))
    return written([(b'"instances"', array(rows))])


_ANY = values(2)
RIGHT = {
    "letter_count": _names(),
    "predict": _rows(MEASURES) | _rows(NUMBERS) | _rows(FLOATS) | _many_rows(),
}
"""Texts that are taken, or nearly always, by operation."""

INVALID = {
    "letter_count": st.builds(
        lambda key, value: written([(key, value)]), st.sampled_from(_NAME_KEYS), values(1)
    )
    | _ANY,
    "predict": _wrong_rows()
    | st.builds(lambda value: written([(b'"instances"', value)]), values(1))
    | _ANY,
}
"""Texts that are mostly JSON, and mostly not what the operation takes."""

MALFORMED = {
    operation: mutated(RIGHT[operation] | INVALID[operation])
    | st.builds(lambda value, key=key: written([(key, value)]), strings(wrong=True) | EDGE_NUMBERS)
    | st.binary(max_size=8)
    for operation, key in (("letter_count", b'"name"'), ("predict", b'"instances"'))
}
"""Texts that are mostly not JSON, each by one fault."""
