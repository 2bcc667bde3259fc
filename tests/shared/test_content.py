"""Content is read whole or not at all, and never beyond the limit."""

from io import BytesIO

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.content import ContentBuffer, declared_length, read_limited
from shared.problems import ContentTooLarge, IncompleteContent, MalformedJson

LIMIT = 100


@pytest.mark.parametrize(
    ("value", "length"),
    [(None, None), ("", None), ("0", 0), ("7", 7), ("100", 100), ("007", 7), (" 7 ", 7)],
)
def test_declared_length_is_read(value, length):
    assert declared_length(value, LIMIT) == length


@pytest.mark.parametrize("value", ["101", "1" + "0" * 17, "9" * 5000, "0" * 50 + "101"])
def test_declared_length_over_the_limit_is_too_large(value):
    with pytest.raises(ContentTooLarge):
        declared_length(value, LIMIT)


@pytest.mark.parametrize(
    "value", ["-1", "+7", "1_0", "7.0", "0x7", "5, 5", "5,6", " ", "seven", "٣", "²", "7\x00"]
)
def test_impossible_length_is_malformed(value):
    with pytest.raises(IncompleteContent) as caught:
        declared_length(value, LIMIT)
    assert caught.value.declared == value


def test_leading_zeros_do_not_lengthen_a_length():
    assert declared_length("0" * 5000 + "7", LIMIT) == 7


class Reader:
    """A `wsgi.input` that gives its content in pieces of the sizes it is told."""

    def __init__(self, content, sizes):
        self._content = BytesIO(content)
        self._sizes = iter(sizes)
        self.given_bytes = 0

    def read(self, size):
        chunk = self._content.read(min(size, next(self._sizes, size)))
        self.given_bytes += len(chunk)
        return chunk


@given(
    content=st.integers(0, 256).map(lambda size: bytes(range(size))),
    sizes=st.lists(st.integers(1, 40)),
    declared=st.none() | st.integers(0, LIMIT),
)
@example(content=b"x" * 3 * LIMIT, sizes=[], declared=None)
def test_reading_gives_the_content_or_says_what_is_wrong(content, sizes, declared):
    """However the content comes in pieces, and whether its declared length lies or not."""
    reader = Reader(content, sizes)
    if declared is None and len(content) > LIMIT:
        with pytest.raises(ContentTooLarge):
            read_limited(reader.read, LIMIT, declared)
    elif declared is not None and declared > len(content):
        with pytest.raises(IncompleteContent) as caught:
            read_limited(reader.read, LIMIT, declared)
        assert (caught.value.declared, caught.value.received_bytes) == (declared, len(content))
    else:
        expected = content if declared is None else content[:declared]
        assert read_limited(reader.read, LIMIT, declared) == expected
    assert reader.given_bytes <= LIMIT + 1


@pytest.mark.parametrize("size", [LIMIT - 1, LIMIT, LIMIT + 1])
def test_the_limit_itself_is_taken(size):
    reader = Reader(b"x" * size, [])
    if size > LIMIT:
        with pytest.raises(ContentTooLarge):
            read_limited(reader.read, LIMIT, None)
    else:
        assert len(read_limited(reader.read, LIMIT, None)) == size


def test_content_without_length_or_chunks_is_not_waited_for():
    """Nothing is read where nothing is declared to come: a read could wait for ever."""

    def read(size):
        pytest.fail("read without need")

    assert read_limited(read, LIMIT, 0) == b""


@pytest.mark.parametrize("declared", [None, 10])
def test_a_read_that_fails_is_incomplete_content(declared):
    """Servers raise what they like for broken chunks and lost connections."""
    chunks = iter([b"123"])

    class BrokenChunk(Exception):
        pass

    def read(size):
        for chunk in chunks:
            return chunk
        raise BrokenChunk

    with pytest.raises(IncompleteContent) as caught:
        read_limited(read, LIMIT, declared)
    assert (caught.value.declared, caught.value.received_bytes) == (declared, 3)
    assert isinstance(caught.value.__cause__, BrokenChunk)


def buffered(chunks):
    buffer = ContentBuffer(LIMIT)
    for chunk in chunks:
        buffer.append(chunk)
    return buffer.bytes()


@given(st.lists(st.binary(max_size=40)))
def test_buffer_joins_chunks_up_to_the_limit(chunks):
    content = b"".join(chunks)
    if len(content) > LIMIT:
        with pytest.raises(ContentTooLarge):
            buffered(chunks)
    else:
        assert buffered(chunks) == content


@pytest.mark.parametrize("declared", [2, 4])
def test_buffer_refuses_content_that_is_not_as_long_as_declared(declared):
    buffer = ContentBuffer(LIMIT, declared)
    buffer.append(b"123")
    with pytest.raises(IncompleteContent):
        buffer.bytes()


def test_incomplete_content_is_answered_as_malformed_json():
    assert IncompleteContent(5, 3).document() == MalformedJson().document()
