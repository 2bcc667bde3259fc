"""Malformed HTTP: a right request with one of the faults that the contract names, or any bytes.

What a server does with them is its own affair, within the contract's rule for malformed HTTP.
"""

from collections.abc import Callable

from hypothesis import strategies as st

from contract_tests.exchange import Request
from contract_tests.fuzz.exchanges import Bytes

Draw = st.DrawFn

_HOST = "podium.test"
_BYTES = st.sampled_from(
    (b"\x00", b"\x01", b"\x0b", b"\x7f", b"\x80", b"\xff", b"\r", b"\n", b" ", b"\t", b":", b"\\")
)
_ODD_METHODS = st.sampled_from((b"GE(T", b"G@T", b"G\xcbT", b"", b"G" * 9000, b"CONNECT", b"PRI"))
_ODD_TARGETS = st.sampled_from(
    (b"*", b"api/health", b"http://x/api/health", b"x:80", b"/api/health#x", b"/%zz", b"/\xc3\xa9")
    + (b"/api/ health", b'/"<>', b"/" + b"a" * 9000, b"", b"//", b"?", b"/\x01", b"/\\")
)
_ODD_VERSIONS = st.sampled_from(
    (b"HTTP/9.9", b"HTTP/2.0", b"http/1.1", b"HTTP/0.9", b"HTTP/1", b"HTTP/1.10", b"XTTP/1.1", b"")
)
_ODD_LENGTHS = st.sampled_from(
    (b"ten", b"", b"-16", b"+16", b"16.0", b"0x10", b"1_6", b"9" * 40, b"16, 16", b"16 16", b"\xb2")
)
_ODD_CODINGS = st.sampled_from(
    (b"x", b"gzip", b"gzip, chunked", b"chunked, gzip", b"chunked, chunked", b"identity", b"")
    + (b"\x0bchunked", b"Chunked", b'"chunked"', b"chunked;q=1", b"x chunked")
)
_ODD_SIZES = st.sampled_from(
    (b"ten", b"-10", b"0x10", b"", b"f" * 32, b"f", b"11", b"1_0", b"10;", b" 10", b"10 ", b"+10")
)
_ODD_FIELDS = st.sampled_from(
    (
        b"X",
        b": x",
        b"X : y",
        b"X Y: z",
        b" X: y",
        b"X: a\r\n b",
        b"X: a\rY: b",
        b"X\x00: y",
        b"X@: y",
    )
    + (b"Content_Length: 16", b"Content_Type: text/plain", b"Content-Type: text/plain")
    + (b"Content-Length: 16", b"Content-Length: 5", b"Transfer-Encoding: chunked", b"Host: y")
    + (b"Expect: 200-ok", b"X: " + b"a" * 70_000, b"\r\n".join([b"X: a"] * 300), b"Upgrade: h2c")
    + (b"Connection: Upgrade\r\nUpgrade: websocket", b"Transfer_Encoding: chunked")
)

Fault = Callable[[Draw, bytes, bytes], bytes]


def byte_sequences(requests: st.SearchStrategy[Request]) -> st.SearchStrategy[Bytes]:
    """One fault in one of `requests`, which have content and its true length."""
    return st.one_of(_faults(requests), _faults(requests), _noise(requests), _cuts(requests))


@st.composite
def _faults(draw: Draw, requests: st.SearchStrategy[Request]) -> Bytes:
    request = draw(requests)
    what = draw(st.sampled_from(tuple(_FAULTS)))
    head = request.head_bytes(_HOST)
    return Bytes(what, _FAULTS[what](draw, head, request.content))


@st.composite
def _noise(draw: Draw, requests: st.SearchStrategy[Request]) -> Bytes:
    """Some bytes of the head changed, which may be harmless, or end the head early."""
    request = draw(requests)
    head = request.head_bytes(_HOST)
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(head)))
        head = head[:place] + draw(_BYTES) + head[place + draw(st.integers(0, 4)) :]
    return Bytes("noise", head + request.content, most_answers=None)


@st.composite
def _cuts(draw: Draw, requests: st.SearchStrategy[Request]) -> Bytes:
    """Content that breaks off, of a length that was declared, or in chunks."""
    request = draw(requests)
    if draw(st.booleans()):
        request = request.in_chunks(draw(st.sampled_from((3, 16, 10_000))))
    content = request.content_bytes()
    kept = draw(st.integers(0, len(content) - 1))
    what = "cut" if request.chunks is None else "cut chunks"
    return Bytes(what, request.head_bytes(_HOST) + content[:kept], acted_on=False)


def _in_line(place: int, odd: st.SearchStrategy[bytes]) -> Fault:
    """Another word in the request line."""

    def fault(draw: Draw, head: bytes, content: bytes) -> bytes:
        line, _, fields = head.partition(b"\r\n")
        words = line.split(b" ")
        words[place] = draw(odd)
        return b" ".join(words) + b"\r\n" + fields + content

    return fault


def _without(name: bytes) -> Fault:
    def fault(draw: Draw, head: bytes, content: bytes) -> bytes:
        return _replaced(head, name, None) + content

    return fault


def _length(draw: Draw, head: bytes, content: bytes) -> bytes:
    return _replaced(head, b"Content-Length", draw(_ODD_LENGTHS)) + content


def _coding(draw: Draw, head: bytes, content: bytes) -> bytes:
    framed = b"%x\r\n%b\r\n0\r\n\r\n" % (len(content), content)
    head = _replaced(head, b"Content-Length", None)
    return head[:-2] + b"Transfer-Encoding: " + draw(_ODD_CODINGS) + b"\r\n\r\n" + framed


def _chunks(draw: Draw, head: bytes, content: bytes) -> bytes:
    head = _replaced(head, b"Content-Length", None)[:-2] + b"Transfer-Encoding: chunked\r\n\r\n"
    framed = draw(_ODD_SIZES) + b"\r\n" + content + b"\r\n0\r\n\r\n"
    broken = (framed, framed.replace(b"\r\n", b"\n"), framed[:-2] + b"x y\r\n\r\n")
    return head + draw(st.sampled_from(broken))


def _field(draw: Draw, head: bytes, content: bytes) -> bytes:
    return head[:-2] + draw(_ODD_FIELDS) + b"\r\n\r\n" + content


def _line_ends(draw: Draw, head: bytes, content: bytes) -> bytes:
    return (
        head.replace(b"\r\n", draw(st.sampled_from((b"\n", b"\r", b"\r\r\n", b"\n\r")))) + content
    )


def _version_1_0_chunks(draw: Draw, head: bytes, content: bytes) -> bytes:
    return _coding(draw, head, content).replace(b"HTTP/1.1", b"HTTP/1.0", 1)


def _half(draw: Draw, head: bytes, content: bytes) -> bytes:
    return head[: draw(st.integers(1, len(head) - 1))]


_FAULTS: dict[str, Fault] = {
    "method": _in_line(0, _ODD_METHODS),
    "target": _in_line(1, _ODD_TARGETS),
    "version": _in_line(2, _ODD_VERSIONS),
    "host missing": _without(b"Host"),
    "length": _length,
    "coding": _coding,
    "chunks": _chunks,
    "field": _field,
    "field once more": _field,
    "line ends": _line_ends,
    "coding in 1.0": _version_1_0_chunks,
    "half a head": _half,
}


def _replaced(head: bytes, name: bytes, value: bytes | None) -> bytes:
    """The head with another value of a field, or without it."""
    lines = head.split(b"\r\n")
    kept = [line for line in lines if not line.startswith(name + b":")]
    new = [] if value is None else [name + b": " + value]
    return b"\r\n".join([kept[0], *new, *kept[1:]])
