"""Methods, request targets and header fields, as bytes that RFC 9110 and RFC 3986 allow."""

import re
from collections.abc import Sequence

from hypothesis import strategies as st

from contract_tests.fuzz.weights import weighted
from contract_tests.http.messages import Fields
from shared.contract import JSON_TYPE, ROUTES

_TOKEN = "!#$%&'*+-.^_`|~09AZaz"  # noqa: S105 - no secret
PATHS = tuple(route.path for route in ROUTES)
_QUERIES = st.sampled_from(("",) * 9 + ("?", "?a=1", "?name=Bob", "?%00%FF", "?a?b", "?/../x")) | (
    st.text("a=1&;/?:@!$'()*+,-._~", max_size=8).map("?{}".format)
)
_PATH_PARTS = (
    *("/", "//", ".", "/.", "/..", "%2e", "%2F", "%00", "%0A", "%20", "%FF", "%c3%a9", "%25"),
    *(";v=1", "x", "A", "+", "~", "@", ":", "*", "!", "%3F", "%23", "%5C", "%e2%84%aa", "%C4%B0"),
)
_LONE_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")

REGISTERED_METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE")
_KNOWN_TO_PARSERS = ("PROPFIND", "PURGE", "M-SEARCH", "LOCK", "MKCOL", "SUBSCRIBE")
_SPELLINGS = ("get", "Post", "oPTIONS", "head", "BREW", "X", "GETS", "GE", "__class__")
# uvicorn's parser refuses most of the last two kinds before an application sees them.
METHODS = weighted(
    (16, st.sampled_from(REGISTERED_METHODS)),
    (2, st.sampled_from(_KNOWN_TO_PARSERS)),
    (1, st.sampled_from(_SPELLINGS)),
    (1, st.text(_TOKEN, min_size=1, max_size=12).filter(lambda method: method != "CONNECT")),
)


_PLACES = st.integers(0, 99)


def spelled(paths: Sequence[str]) -> st.SearchStrategy[str]:
    """Targets that mean one of `paths`: some of it percent-encoded, with a query."""
    chosen = st.sampled_from(paths)
    encoded = st.builds(_encoded, chosen, st.lists(_PLACES, min_size=1, max_size=3))
    return st.builds(str.__add__, weighted((3, chosen), (1, encoded)), _QUERIES)


def _encoded(path: str, indices: Sequence[int]) -> str:
    """The path with the characters at these indices percent-encoded, the first slash excepted."""
    chosen = {1 + index % (len(path) - 1) for index in indices}
    return "".join(f"%{ord(c):02x}" if index in chosen else c for index, c in enumerate(path))


def other_targets() -> st.SearchStrategy[str]:
    """Targets near one of the contract's: mostly they mean another path."""
    paths = st.sampled_from((*PATHS, *PATHS, "/", "/api", "/redoc", "/static/x"))
    changes = st.tuples(_PLACES, st.sampled_from(_CHANGES), st.sampled_from(_PATH_PARTS))
    changed = st.builds(_changed, paths, st.lists(changes, min_size=1, max_size=2))
    return st.builds(str.__add__, changed, _QUERIES)


_CHANGES = ("in", "in", "in", "end", "first", "out", "case", "twice")


def _changed(path: str, changes: Sequence[tuple[int, str, str]]) -> str:
    for number, how, part in changes:
        index = 1 + number % len(path)
        head, tail = path[:index], path[index:]
        path = {
            "in": head + part + tail,
            "end": path + part,
            "first": "/" + part + path,
            "out": head + tail[1:],
            "case": head + tail[:1].swapcase() + tail[1:],
            "twice": head + tail[:1] + tail,
        }[how]
    # What was put into the middle of an encoded byte may have broken it, which is malformed.
    return _LONE_PERCENT.sub("%25", path)


TARGETS = spelled(PATHS)

_VALUES = st.sampled_from(
    (
        "",
        "1",
        "close",
        "x, y",
        "*/*",
        "gzip, br",
        "bytes=0-9",
        '"x"',
        "chunked",
        "0",
        "a\tb",
        "\xe9",
    )
) | st.text("aZ0 \t,;=\"'/*:%\xa0\xff", max_size=10).map(lambda text: text.strip(" \t"))
_NOISE_NAMES = (
    *("X-A", "x-a", "Accept", "Accept-Encoding", "Accept-Language", "User-Agent", "Cookie"),
    *("Referer", "Origin", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Prefix", "Via"),
    *("X-Forwarded-Host", "Forwarded", "Range", "If-Modified-Since", "If-Match", "If-Range"),
    *("If-Unmodified-Since", "Cache-Control", "Pragma", "Max-Forwards", "X-HTTP-Method-Override"),
    *("X-Original-URL", "Script-Name", "Path-Info", "Content-Language", "Content-Location"),
    *("Content-Disposition", "Content-Range", "Prefer", "Date", "Keep-Alive", "Trailer", "!#'*"),
    *("Access-Control-Request-Method", "Sec-Fetch-Mode", "Proxy", "Priority", "Early-Data"),
)
NOISE = st.lists(st.tuples(st.sampled_from(_NOISE_NAMES), _VALUES), max_size=3).map(tuple)
"""Header fields that mean nothing to the contract."""

JSON_FIELD: Fields = (("Content-Type", JSON_TYPE),)
_JSON_SPELLINGS = (
    *("Application/JSON", "application/json;charset=utf-8", 'application/json; charset="UTF-8"'),
    *("application/json ; charset=utf-8", "application/json;", "application/json; Charset=UTF-8"),
    *("application/json;;charset=utf-8", 'application/json;charset="\\utf-8"'),
)
_OTHER_TYPES = (
    *("text/plain", "application/json5", "application/problem+json", "application/", "json", ""),
    *("application/json; charset=latin-1", "application/json; charset=", "application/json, x/y"),
    *("application/json; charset=utf-8; charset=utf-8", "application/json; q=1", "*/*"),
    *(
        "application/json;charset=utf8",
        "application/json;charset",
        "application/json charset=utf-8",
    ),
    *("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application /json"),
    *(
        "application/json\t;\tcharset=utf-8",
        "application/json;charset = utf-8",
        "application/json\xa0",
    ),
)


def _near(value: str, index: int, part: str, left_out: int) -> str:
    """A field's value with something put in, or in place of one character."""
    index %= len(value) + 1
    return (value[:index] + part + value[index + left_out :]).strip(" \t")


_NEAR_JSON = st.builds(
    _near,
    st.sampled_from((JSON_TYPE, *_JSON_SPELLINGS)),
    _PLACES,
    st.sampled_from((";", " ", '"', "=", "x", ",", "\\", "\t", "\xe9", "")),
    st.integers(0, 1),
)


_CODINGS = (
    "identity",
    "Identity",
    "gzip",
    "br",
    "",
    "identity, identity",
    "x",
    "deflate, identity",
)
_ONE_CODING = st.sampled_from(_CODINGS).map(lambda value: (("Content-Encoding", value),))


def media_fields() -> st.SearchStrategy[Fields]:
    """`Content-Type`, in any spelling, wrong or missing, and perhaps `Content-Encoding`."""
    names = st.sampled_from(("Content-Type", "content-type", "CONTENT-TYPE"))
    values = weighted(
        (2, st.sampled_from(_JSON_SPELLINGS)), (1, st.sampled_from(_OTHER_TYPES)), (1, _NEAR_JSON)
    )
    types: st.SearchStrategy[Fields] = st.tuples(st.tuples(names, values))
    one, both = _ONE_CODING, st.builds(tuple.__add__, _ONE_CODING, _ONE_CODING)
    coded = st.builds(tuple.__add__, st.just(JSON_FIELD) | types, one | both)
    missing: st.SearchStrategy[Fields] = st.just(())
    return weighted((4, types), (2, coded), (1, missing))


def conditions(etag: str) -> st.SearchStrategy[Fields]:
    """`If-None-Match`, in one field or two, with the document's own tag or near it."""
    tags = (etag, etag, f"W/{etag}", "*", '"x"', "", etag.strip('"'), f"w/{etag}", f'"{etag}"', ",")
    one = st.sampled_from(tags)
    commas = st.sampled_from((", ", ",", " ,\t", " "))
    lists = st.builds(str.join, commas, st.lists(one, min_size=1, max_size=3))
    field = st.tuples(st.just("If-None-Match"), lists.map(lambda value: value.strip(" \t")))
    second = st.tuples(st.just("if-none-match"), one)
    return weighted((2, st.tuples(field)), (1, st.tuples(field, second)))


def credentials(keys: Sequence[str]) -> st.SearchStrategy[Fields]:
    """`Authorization`: mostly one of the keys, the first far more often than the last."""
    shares = [key for index, key in enumerate(keys) for _ in range(len(keys) - index)]
    key = st.sampled_from(shares)
    right = key.map("Bearer {}".format)
    spelled_ = st.builds(
        lambda near, key: near.replace("{}", key), st.sampled_from(_NEAR_BEARER), key
    )
    wrong = st.sampled_from(("", "Bearer", "Basic eDp5"))
    values = weighted((8, right), (1, spelled_), (1, wrong))
    one = st.tuples(st.tuples(st.sampled_from(("Authorization", "authorization")), values))
    missing: st.SearchStrategy[Fields] = st.just(())
    return weighted((8, one), (1, missing), (1, st.builds(tuple.__add__, one, one)))


_NEAR_BEARER = (
    *("bearer {}", "BEARER  {}", "Bearer\t{}", "Bearer{}", "{}", "Bearer {}x", "Bearer {},"),
    *("Token {}", 'Bearer "{}"', "Bearer {} {}", "Bearer {}=", "Bearer, {}", "Basic {}"),
)
