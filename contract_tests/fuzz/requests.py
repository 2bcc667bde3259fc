"""Exchanges as they are mixed: each kind of request that the contract speaks of, in its share."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from contract_tests.fuzz import contents, heads, malformed
from contract_tests.fuzz.sent import Raw, Sent, WellFormed
from contract_tests.fuzz.weights import weighted
from contract_tests.http.messages import Fields, Request
from shared.contract import COUNT, DOCS, HEALTH, OPENAPI

Requests = st.SearchStrategy[Request]
Sends = st.SearchStrategy[WellFormed]
Delivery = Callable[[Request], WellFormed]
Kinds = Mapping[str, int]
"""Kinds of exchanges, each with its weight."""

LONGEST_SEQUENCE = 12
# A server reads thousands slowly, and finds in them nothing that it does not find in some.
_MOST_CHUNKS = 200
_OPERATIONS = ("letter_count", "predict")

MAIN: Kinds = {
    "read": 18,
    "condition": 8,
    "options": 6,
    "right": 30,
    "malformed-json": 16,
    "invalid": 16,
    "media": 12,
    "size": 10,
    "method": 10,
    "path": 10,
    "any": 10,
    "pipelined": 3,
    "raw": 5,
}
# `predict` needs the model, and `health` says whether it is there; the rest goes on.
LOADING: Kinds = {"predict": 30, "read": 8, "any": 8, "right": 4, "invalid": 4, "media": 4}
GUARDED: Kinds = {"read": 10, "right": 20, "any": 10, "invalid": 4, "media": 4, "path": 4}
"""Without what may be counted or not: every count of the limit would be apart from then on."""


@dataclass(frozen=True)
class Facts:
    """Facts about the backends that requests near their limits depend on.

    limit_bytes : of content. etag : of the OpenAPI document. keys : one of which is asked for.
    """

    limit_bytes: int
    etag: str
    keys: tuple[str, ...] = ()


def sequences(facts: Facts, kinds: Kinds) -> st.SearchStrategy[list[Sent]]:
    """Some exchanges to be sent one after the other."""
    by_kind = _by_kind(facts)
    one = weighted(*((weight, by_kind[kind]) for kind, weight in kinds.items()))
    if facts.keys:
        one = st.builds(_authorized, one, heads.credentials(facts.keys))
    return st.lists(one, min_size=1, max_size=LONGEST_SEQUENCE)


def _authorized(sent: Sent, fields: Fields) -> Sent:
    """The same requests with credentials."""
    if isinstance(sent, Raw):
        return sent
    return replace(sent, requests=tuple(r.with_fields(*fields) for r in sent.requests))


def _by_kind(facts: Facts) -> dict[str, st.SearchStrategy[Sent]]:
    reads = _requests(("GET", "GET", "HEAD"), (COUNT.path, HEALTH.path, HEALTH.path, OPENAPI.path))
    right = _posts(contents.RIGHT)
    refused = _posts(contents.MALFORMED) | _posts(contents.INVALID)
    requests: dict[str, Requests] = {
        "read": reads | _requests(("GET", "HEAD"), (DOCS.path, COUNT.path)),
        "condition": _with_fields(
            _requests(("GET", "GET", "HEAD"), (OPENAPI.path,)), heads.conditions(facts.etag)
        ),
        "predict": _posts(contents.RIGHT, "predict") | _posts(contents.INVALID, "predict"),
        "options": _requests(("OPTIONS",), heads.PATHS),
        "right": right,
        "malformed-json": _posts(contents.MALFORMED),
        "invalid": _posts(contents.INVALID),
        "media": _media(),
        "method": _methods(),
        "path": _other_paths(),
        "any": _any(facts),
    }
    whole = {kind: _delivered(requests[kind], DELIVERIES) for kind in requests}
    # What is too large may end the connection, and with it the answers to what follows.
    short = (reads | right | refused).filter(lambda r: len(r.content) <= facts.limit_bytes)
    pipelined = st.lists(short, min_size=2, max_size=4)
    return {
        **whole,
        "size": _delivered(_sizes(facts.limit_bytes), _LONG_DELIVERIES),
        "pipelined": pipelined.map(lambda several: WellFormed(tuple(several))),
        "raw": malformed.raw_bytes(right),
    }


def _plain(request: Request) -> WellFormed:
    return WellFormed((request,))


def _noisy(fields: Fields) -> Delivery:
    return lambda request: WellFormed((request.with_fields(*fields),))


def _in_pieces(cuts: list[int]) -> Delivery:
    return lambda request: WellFormed((request,), cuts=tuple(sorted(set(cuts))))


def _chunked(size_bytes: int) -> Delivery:
    """In chunks of this size, or in larger ones where it would be very many."""

    def deliver(request: Request) -> WellFormed:
        least = len(request.content) // _MOST_CHUNKS
        return WellFormed((request.in_chunks(max(size_bytes, least)),))

    return deliver


def _in_1_0(request: Request) -> WellFormed:
    return WellFormed((request,), version="1.0")


def _expecting(request: Request) -> WellFormed:
    more = (("Expect", "100-continue"),) if request.content else ()
    return WellFormed((request.with_fields(*more),))


def _with_content(content: bytes) -> Delivery:
    """Content that the method does not need; a request's own content stays."""
    return lambda request: WellFormed((replace(request, content=request.content or content),))


_NOISY = heads.NOISE.map(_noisy)
_PIECES = st.lists(st.integers(1, 400), min_size=1, max_size=4).map(_in_pieces)
_CHUNKED = st.sampled_from((1, 2, 7, 64, 5000)).map(_chunked)
_CLOSING = st.sampled_from(("close", "Close", "close, x-a")).map(
    lambda value: _noisy((("Connection", value),))
)
_CONTENT = st.sampled_from((b"{}", b"x", b"GET / HTTP/1.1\r\n\r\n")).map(_with_content)
DELIVERIES: st.SearchStrategy[Delivery] = weighted(
    (8, st.just(_plain)),
    (6, _NOISY),
    (2, _CHUNKED),
    *((1, other) for other in (_PIECES, _CLOSING, _CONTENT)),
    *((1, st.just(other)) for other in (_in_1_0, _expecting)),
)
"""The ways in which a request may travel, all of which mean the same."""


def _delivered(requests: Requests, deliveries: st.SearchStrategy[Delivery]) -> Sends:
    return st.builds(lambda request, deliver: deliver(request), requests, deliveries)


def _requests(methods: Sequence[str], paths: Sequence[str]) -> Requests:
    """Requests without content."""
    return st.builds(Request, st.sampled_from(methods), heads.spelled(paths))


def _with_fields(requests: Requests, fields: st.SearchStrategy[Fields]) -> Requests:
    return st.builds(lambda request, more: request.with_fields(*more), requests, fields)


def _posts(texts: Mapping[str, st.SearchStrategy[bytes]], *operations: str) -> Requests:
    """Requests of JSON for these operations, or both."""
    return st.one_of(
        *(
            st.builds(
                Request,
                st.just("POST"),
                heads.spelled((f"/api/{operation}",)),
                st.just(heads.JSON_FIELD),
                texts[operation],
            )
            for operation in operations or _OPERATIONS
        )
    )


def _media() -> Requests:
    """Right and wrong content under any media type."""
    return st.builds(
        lambda request, fields: replace(request, fields=fields),
        _posts(contents.RIGHT) | _posts(contents.MALFORMED),
        heads.media_fields(),
    )


def _methods() -> Requests:
    """Any method on a path of the contract, with content or without."""
    fields = st.sampled_from(((), heads.JSON_FIELD))
    content = st.sampled_from((b"", b"", b"{}"))
    return st.builds(Request, heads.METHODS, heads.TARGETS, fields, content)


def _other_paths() -> Requests:
    """Mostly another path, by any method."""
    methods = st.sampled_from(("GET", "GET", "HEAD", "OPTIONS", "POST")) | heads.METHODS
    fields = st.just(heads.JSON_FIELD)
    bare = st.builds(Request, methods, heads.other_targets())
    content = st.sampled_from((b"", b'{"name":"Alice"}'))
    return bare | st.builds(Request, methods, heads.other_targets(), fields, content)


def _sizes(limit_bytes: int) -> Requests:
    """Content about as long as the limit: a right or wrong text with space after it."""
    sizes = st.sampled_from((-1, 0, 1, 1, 2, 100)).map(lambda more: limit_bytes + more)
    return st.builds(_padded, _posts(contents.RIGHT) | _posts(contents.INVALID), sizes)


def _padded(request: Request, size: int) -> Request:
    text = request.content[:size]
    return replace(request, content=text + b" " * (size - len(text)))


def _withheld(declared: int) -> Delivery:
    """Only the head, which declares this many bytes: the refusal must not wait for them."""
    field = ("Content-Length", str(declared))
    return lambda request: WellFormed((request.with_fields(field),), withheld=True)


_LONG_DELIVERIES: st.SearchStrategy[Delivery] = st.one_of(
    st.just(_plain),
    st.sampled_from((1000, 4096, 10**6)).map(_chunked),
    st.integers(8, 18).map(lambda digits: _withheld(10**digits)),
)


def _any(facts: Facts) -> Requests:
    """Every part on its own: any method, target, media type, condition and content."""
    texts = [
        texts[operation]
        for texts in (contents.RIGHT, contents.INVALID, contents.MALFORMED)
        for operation in _OPERATIONS
    ]
    types = st.just(heads.JSON_FIELD) | heads.media_fields()
    conditions = st.just(()) | heads.conditions(facts.etag)
    return st.builds(
        lambda method, target, fields, more, content: Request(
            method, target, fields + more, content
        ),
        heads.METHODS,
        heads.TARGETS | heads.other_targets(),
        types,
        conditions,
        st.one_of(st.just(b""), *texts),
    )
