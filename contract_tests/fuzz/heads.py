"""Methods, request targets and header fields, as bytes that RFC 9110 and RFC 3986 allow."""

import re

from hypothesis import strategies as st

from contract_tests.exchange import Fields
from shared.contract import JSON_TYPE, ROUTES

Draw = st.DrawFn

_TOKEN = "!#$%&'*+-.^_`|~09AZaz"
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
METHODS = st.sampled_from(REGISTERED_METHODS * 3) | (
    st.sampled_from(("get", "Post", "oPTIONS", "head", "PROPFIND", "PURGE", "QUERY", "M-SEARCH"))
    | st.sampled_from(("BREW", "X", "GETS", "GE", "__class__", "LOCK"))
    | st.text(_TOKEN, min_size=1, max_size=12).filter(lambda method: method != "CONNECT")
)


@st.composite
def spelled(draw: Draw, path: str) -> str:
    """A target that means `path`: some of it percent-encoded, with a query."""
    if draw(st.integers(0, 3)) == 0:
        for _ in range(draw(st.integers(1, 3))):
            place = draw(st.integers(1, len(path) - 1))
            if "%" not in path[max(0, place - 2) : place + 1]:
                path = f"{path[:place]}%{ord(path[place]):02x}{path[place + 1 :]}"
    return path + draw(_QUERIES)


@st.composite
def other_targets(draw: Draw) -> str:
    """A target near one of the contract's: mostly it means another path."""
    path = draw(st.sampled_from((*PATHS, *PATHS, "/", "/api", "/redoc", "/static/x")))
    for _ in range(draw(st.integers(1, 2))):
        place = draw(st.integers(1, len(path)))
        head, tail = path[:place], path[place:]
        how = draw(st.sampled_from(("in", "in", "in", "end", "first", "out", "case", "twice")))
        part = draw(st.sampled_from(_PATH_PARTS))
        if how in {"out", "case"} and "%" in path[max(0, place - 2) : place + 1]:
            how = "end"
        path = {
            "in": head + part + tail,
            "end": path + part,
            "first": "/" + part + path,
            "out": head + tail[1:],
            "case": head + tail[:1].swapcase() + tail[1:],
            "twice": head + tail[:1] + tail,
        }[how]
    return _LONE_PERCENT.sub("%25", path) + draw(_QUERIES)


TARGETS = st.sampled_from(PATHS).flatmap(spelled)

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


@st.composite
def _near_json(draw: Draw) -> str:
    value = draw(st.sampled_from((JSON_TYPE, *_JSON_SPELLINGS)))
    place = draw(st.integers(0, len(value)))
    part = draw(st.sampled_from((";", " ", '"', "=", "x", ",", "\\", "\t", "\xe9", "")))
    return (value[:place] + part + value[place + draw(st.integers(0, 1)) :]).strip(" \t")


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
_NO_CODING: st.SearchStrategy[Fields] = st.just(())


@st.composite
def media_fields(draw: Draw) -> Fields:
    """`Content-Type`, in any spelling, wrong or missing, and perhaps `Content-Encoding`."""
    how = draw(st.sampled_from(("right", "spelled", "other", "near", "missing")))
    if how == "missing":
        fields: Fields = ()
    else:
        value = {
            "right": st.just(JSON_TYPE),
            "spelled": st.sampled_from(_JSON_SPELLINGS),
            "other": st.sampled_from(_OTHER_TYPES),
            "near": _near_json(),
        }[how]
        name = draw(st.sampled_from(("Content-Type", "content-type", "CONTENT-TYPE")))
        fields = ((name, draw(value)),)
    if how == "right" or draw(st.integers(0, 3)) == 0:
        codings = draw(st.integers(1, 2))
        fields += sum((draw(_ONE_CODING) for _ in range(codings)), ())
    return fields


@st.composite
def conditions(draw: Draw, etag: str) -> Fields:
    """`If-None-Match`, in one field or two, with the document's own tag or near it."""
    tags = (etag, etag, f"W/{etag}", "*", '"x"', "", etag.strip('"'), f"w/{etag}", f'"{etag}"', ",")
    values = draw(st.lists(st.sampled_from(tags), min_size=1, max_size=3))
    joined = draw(st.sampled_from((", ", ",", " ,\t", " "))).join(values)
    fields: Fields = (("If-None-Match", joined.strip(" \t")),)
    if draw(st.integers(0, 5)) == 0:
        fields += (("if-none-match", draw(st.sampled_from(tags))),)
    return fields
