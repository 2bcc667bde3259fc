"""Exchanges as they are mixed: each kind of request that the contract speaks of, in its share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from contract_tests.exchange import Fields, Request
from contract_tests.fuzz import contents, heads, malformed
from contract_tests.fuzz.exchanges import Exchange, Sent
from shared.contract import COUNT, DOCS, HEALTH, OPENAPI

Draw = st.DrawFn
Requests = st.SearchStrategy[Request]
Kinds = Mapping[str, int]
"""Kinds of exchanges, each with its weight."""

LONGEST_SEQUENCE = 12
_OPERATIONS = ("letter_count", "predict")
_DOUBLE = {"letter_count": 2, "predict": 1}

MAIN: Kinds = {
    "read": 18,
    "condition": 8,
    "options": 6,
    "right": 30,
    "malformed-json": 16,
    "invalid": 16,
    "media": 12,
    "size": 6,
    "method": 10,
    "path": 10,
    "any": 10,
    "pipelined": 3,
    "bytes": 5,
}


@dataclass(frozen=True)
class Facts:
    """What requests must know of the backends to come near the edges.

    limit_bytes : of content. etag : of the OpenAPI document.
    """

    limit_bytes: int
    etag: str


def sequences(facts: Facts, kinds: Kinds) -> st.SearchStrategy[list[Sent]]:
    """Some exchanges to be sent one after the other."""
    by_kind = _by_kind(facts)
    weighted = [kind for kind, weight in kinds.items() for _ in range(weight)]
    one = st.sampled_from(weighted).flatmap(by_kind.__getitem__)
    return st.lists(one, min_size=1, max_size=LONGEST_SEQUENCE)


def _by_kind(facts: Facts) -> dict[str, st.SearchStrategy[Sent]]:
    reads = _requests(("GET", "GET", "HEAD"), (COUNT.path, HEALTH.path, HEALTH.path, OPENAPI.path))
    right = _posts(contents.RIGHT)
    refused = _posts(contents.MALFORMED) | _posts(contents.INVALID)
    requests: dict[str, Requests] = {
        "read": reads | _requests(("GET", "HEAD"), (DOCS.path, COUNT.path)),
        "condition": _with_fields(
            _requests(("GET", "GET", "HEAD"), (OPENAPI.path,)), heads.conditions(facts.etag)
        ),
        "options": _requests(("OPTIONS",), heads.PATHS),
        "right": right,
        "malformed-json": _posts(contents.MALFORMED),
        "invalid": _posts(contents.INVALID),
        "media": _media(),
        "size": _sizes(facts.limit_bytes),
        "method": _methods(),
        "path": _other_paths(),
        "any": _any(facts),
    }
    whole = {
        kind: strategy.flatmap(delivered) if kind != "size" else strategy.flatmap(_sized)
        for kind, strategy in requests.items()
    }
    pipelined = st.lists(reads | right | refused, min_size=2, max_size=4)
    return {
        **whole,
        "pipelined": pipelined.map(lambda several: Exchange(tuple(several))),
        "bytes": malformed.byte_sequences(right),
    }


@st.composite
def delivered(draw: Draw, request: Request) -> Exchange:
    """A request in one of the ways in which it may travel, header fields added that mean nothing."""
    how = draw(st.sampled_from(("plain",) * 12 + ("noise",) * 6 + _WAYS))
    if how == "noise":
        return Exchange((request.with_fields(*draw(heads.NOISE)),))
    if how == "pieces":
        cuts = draw(st.lists(st.integers(1, 400), min_size=1, max_size=4))
        return Exchange((request,), cuts=tuple(sorted(set(cuts))))
    if how == "chunked":
        return Exchange((request.in_chunks(draw(st.sampled_from((1, 2, 7, 64, 5000)))),))
    if how == "1.0":
        return Exchange((request,), version="1.0")
    if how == "close":
        value = draw(st.sampled_from(("close", "Close", "close, x-a")))
        return Exchange((request.with_fields(("Connection", value)),))
    if how == "expect" and request.content:
        return Exchange((request.with_fields(("Expect", "100-continue")),))
    if how == "content":
        content = draw(st.sampled_from((b"{}", b"x", b"GET / HTTP/1.1\r\n\r\n")))
        return Exchange((replace(request, content=request.content or content),))
    return Exchange((request,))


_WAYS = ("pieces", "chunked", "chunked", "1.0", "close", "expect", "content")


def _requests(methods: Sequence[str], paths: Sequence[str]) -> Requests:
    """Requests without content."""
    return st.builds(
        Request, st.sampled_from(methods), st.sampled_from(paths).flatmap(heads.spelled)
    )


def _with_fields(requests: Requests, fields: st.SearchStrategy[Fields]) -> Requests:
    return st.builds(lambda request, more: request.with_fields(*more), requests, fields)


def _posts(texts: Mapping[str, st.SearchStrategy[bytes]]) -> Requests:
    """Requests of JSON for both operations."""
    return st.one_of(
        *(
            st.builds(
                Request,
                st.just("POST"),
                heads.spelled(f"/api/{operation}"),
                st.just(heads.JSON_FIELD),
                texts[operation],
            )
            for operation in _OPERATIONS
            for _ in range(_DOUBLE[operation])
        )
    )


def _media() -> Requests:
    """Right and wrong content under any media type."""
    return st.builds(
        lambda request, fields: replace(request, fields=fields),
        _posts(contents.RIGHT) | _posts(contents.MALFORMED),
        heads.media_fields(),
    )


@st.composite
def _methods(draw: Draw) -> Request:
    """Any method on a path of the contract, with content or without."""
    fields = draw(st.sampled_from(((), heads.JSON_FIELD)))
    content = draw(st.sampled_from((b"", b"", b"{}")))
    return Request(draw(heads.METHODS), draw(heads.TARGETS), fields, content)


@st.composite
def _other_paths(draw: Draw) -> Request:
    """Mostly another path, by any method."""
    method = draw(st.sampled_from(("GET", "GET", "HEAD", "OPTIONS", "POST")) | heads.METHODS)
    content = draw(st.sampled_from((b"", b"", b'{"name":"Alice"}')))
    fields = heads.JSON_FIELD if content else ()
    return Request(method, draw(heads.other_targets()), fields, content)


@st.composite
def _sizes(draw: Draw, limit_bytes: int) -> Request:
    """Content about as long as the limit: a right or wrong text with space around it."""
    request = draw(_posts(contents.RIGHT) | _posts(contents.INVALID))
    size = limit_bytes + draw(st.sampled_from((-1, 0, 1, 1, 2, 100)))
    text = request.content[:size]
    return replace(request, content=text + b" " * (size - len(text)))


@st.composite
def _sized(draw: Draw, request: Request) -> Exchange:
    """Long content whole, in chunks, or declared and withheld, which only a refusal need not get."""
    how = draw(st.sampled_from(("whole", "chunked", "withheld", "withheld", "withheld")))
    if how == "whole":
        return Exchange((request,))
    if how == "chunked":
        size_bytes = draw(st.sampled_from((1000, 4096, 10**6)))
        return Exchange((request.in_chunks(size_bytes),))
    digits = draw(st.integers(1, 18))
    declared = str(10 ** max(digits, 8) + digits)
    return Exchange((request.with_fields(("Content-Length", declared)),), withheld=True)


@st.composite
def _any(draw: Draw, facts: Facts) -> Request:
    """Every part on its own: any method, target, media type, condition and content."""
    operation = draw(st.sampled_from(_OPERATIONS))
    texts = draw(st.sampled_from((contents.RIGHT, contents.INVALID, contents.MALFORMED)))
    target = draw(heads.TARGETS | heads.other_targets())
    fields = draw(st.just(heads.JSON_FIELD) | heads.media_fields())
    if draw(st.booleans()):
        fields += draw(heads.conditions(facts.etag))
    content = draw(st.just(b"") | texts[operation])
    return Request(draw(heads.METHODS), target, fields, content)
