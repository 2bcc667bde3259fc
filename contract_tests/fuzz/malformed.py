"""Malformed HTTP: a right request with one of the faults that the contract names, or any bytes.

What a server does with them is its own affair, within the contract's rule for malformed HTTP.
"""

from collections.abc import Callable

from hypothesis import strategies as st

from contract_tests.fuzz.sent import Raw
from contract_tests.http.messages import Request

Draw = st.DrawFn

_HOST = "podium.test"
_BYTES = (b"\x00", b"\x01", b"\x0b", b"\x7f", b"\x80", b"\xff", b"\r", b"\n", b" ", b"\t", b":")
_METHODS = (b"GE(T", b"G@T", b"G\xcbT", b"", b"G" * 9000, b"CONNECT", b"PRI")
_TARGETS = (
    *(
        b"*",
        b"api/health",
        b"http://x/api/health",
        b"x:80",
        b"/api/health#x",
        b"/%zz",
        b"/\xc3\xa9",
    ),
    *(b"/api/ health", b'/"<>', b"/" + b"a" * 9000, b"", b"//", b"?", b"/\x01", b"/\\"),
)
_VERSIONS = (
    *(b"HTTP/9.9", b"HTTP/2.0", b"http/1.1", b"HTTP/0.9", b"HTTP/1", b"HTTP/1.10", b"XTTP/1.1"),
    b"",
)
_LENGTHS = (
    *(b"ten", b"", b"-16", b"+16", b"16.0", b"0x10", b"1_6", b"9" * 40, b"16, 16", b"16 16"),
    b"\xb2",
)
_CODINGS = (
    *(b"x", b"gzip", b"gzip, chunked", b"chunked, gzip", b"chunked, chunked", b"identity", b""),
    *(b"\x0bchunked", b'"chunked"', b"chunked;q=1", b"x chunked"),
)
_SIZES = (b"ten", b"-10", b"0x10", b"", b"f" * 32, b"f", b"1_0", b"10;", b" 10", b"10 ", b"+10")
_FIELDS = (
    *(b"X", b": x", b"X : y", b"X Y: z", b" X: y", b"X: a\r\n b", b"X: a\rY: b", b"X\x00: y"),
    *(b"X@: y", b"Content_Length: 16", b"Content_Type: text/plain", b"Content-Type: text/plain"),
    *(b"Content-Length: 16", b"Content-Length: 5", b"Transfer-Encoding: chunked", b"Host: y"),
    *(b"Expect: 200-ok", b"X: " + b"a" * 70_000, b"\r\n".join([b"X: a"] * 300), b"Upgrade: h2c"),
    *(b"Connection: Upgrade\r\nUpgrade: websocket", b"Transfer_Encoding: chunked"),
)
_LINE_ENDS = (b"\n", b"\r", b"\r\r\n", b"\n\r")
_CHUNK_SIZES = st.sampled_from((3, 16, 10_000))

Fault = Callable[[bytes, bytes, bytes], bytes]
"""Takes a head, its content and an odd part, and gives the bytes of a request with that in it."""


def raw_bytes(requests: st.SearchStrategy[Request]) -> st.SearchStrategy[Raw]:
    """One fault in one of `requests`, which have content and its true length."""
    faults = st.builds(_faulty, requests, _FAULT)
    return st.one_of(faults, _noise(requests), _cuts(requests))


def _faulty(request: Request, fault: tuple[str, Fault, bytes]) -> Raw:
    what, change, odd = fault
    return Raw(what, change(request.head_bytes(_HOST), request.content, odd))


@st.composite
def _noise(draw: Draw, requests: st.SearchStrategy[Request]) -> Raw:
    """Some bytes of the head changed, which may be harmless, or end the head early."""
    request = draw(requests)
    head = request.head_bytes(_HOST)
    for _ in range(draw(st.integers(1, 3))):
        index = draw(st.integers(0, len(head)))
        head = head[:index] + draw(st.sampled_from(_BYTES)) + head[index + draw(_FEW) :]
    return Raw("noise", head + request.content, most_answers=None)


@st.composite
def _cuts(draw: Draw, requests: st.SearchStrategy[Request]) -> Raw:
    """Content that breaks off, of a length that was declared, or in chunks."""
    request = draw(requests)
    if draw(st.booleans()):
        request = request.in_chunks(draw(_CHUNK_SIZES))
    content = request.content_bytes()
    kept = draw(st.integers(0, len(content) - 1))
    what = "cut" if request.chunks is None else "cut chunks"
    return Raw(what, request.head_bytes(_HOST) + content[:kept], acted_on=False)


_FEW = st.integers(0, 4)


def _word(index: int) -> Fault:
    """Another word at this place of the request line."""

    def fault(head: bytes, content: bytes, odd: bytes) -> bytes:
        line, _, fields = head.partition(b"\r\n")
        words = line.split(b" ")
        words[index] = odd
        return b" ".join(words) + b"\r\n" + fields + content

    return fault


def _without_host(head: bytes, content: bytes, odd: bytes) -> bytes:
    return _replaced(head, b"Host", odd) + content


def _length(head: bytes, content: bytes, odd: bytes) -> bytes:
    return _replaced(head, b"Content-Length", odd) + content


def _coding(head: bytes, content: bytes, odd: bytes) -> bytes:
    head = _replaced(head, b"Content-Length", None)
    return head[:-2] + b"Transfer-Encoding: " + odd + b"\r\n\r\n" + _chunk(content)


def _coding_1_0(head: bytes, content: bytes, odd: bytes) -> bytes:
    return _coding(head, content, odd).replace(b"HTTP/1.1", b"HTTP/1.0", 1)


def _chunk_size(head: bytes, content: bytes, odd: bytes) -> bytes:
    chunks = odd + b"\r\n" + content + b"\r\n0\r\n\r\n"
    return _coding(head, b"", b"chunked").removesuffix(_chunk(b"")) + chunks


def _trailer(head: bytes, content: bytes, odd: bytes) -> bytes:
    return _coding(head, content, b"chunked")[:-2] + odd + b"\r\n\r\n"


def _field(head: bytes, content: bytes, odd: bytes) -> bytes:
    return head[:-2] + odd + b"\r\n\r\n" + content


def _line_ends(head: bytes, content: bytes, odd: bytes) -> bytes:
    return head.replace(b"\r\n", odd) + content


_FAULTS: dict[str, tuple[Fault, tuple[bytes, ...]]] = {
    "method": (_word(0), _METHODS),
    "target": (_word(1), _TARGETS),
    "version": (_word(2), _VERSIONS),
    "host": (_without_host, (b"", b"x y", b"a\r\nHost: b", b"\xff")),
    "length": (_length, _LENGTHS),
    "coding": (_coding, _CODINGS),
    "coding in 1.0": (_coding_1_0, (b"chunked", b"gzip")),
    "chunk size": (_chunk_size, _SIZES),
    "trailer": (_trailer, (b"x y", b"X\x00: y", b": y")),
    "field": (_field, _FIELDS),
    "line ends": (_line_ends, _LINE_ENDS),
}
_FAULT = st.sampled_from(
    [(what, change, odd) for what, (change, odds) in _FAULTS.items() for odd in odds]
)


def _chunk(content: bytes) -> bytes:
    """The content in one chunk, and the last one."""
    return (b"%x\r\n%b\r\n" % (len(content), content) if content else b"") + b"0\r\n\r\n"


def _replaced(head: bytes, name: bytes, value: bytes | None) -> bytes:
    """The head with another value of a field, or without it."""
    lines = head.split(b"\r\n")
    kept = [line for line in lines if not line.startswith(name + b":")]
    new = [] if value is None else [name + b": " + value]
    return b"\r\n".join([kept[0], *new, *kept[1:]])
