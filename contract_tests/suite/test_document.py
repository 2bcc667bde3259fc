"""The OpenAPI document and its page for people."""

import re
from html.parser import HTMLParser

import pytest

from contract_tests.backends.base import Backend
from contract_tests.contract.expected import READ_PATHS, WRITE_PATHS, ok
from contract_tests.http.messages import Expected, Request, get
from contract_tests.suite.cases import case
from contract_tests.suite.reference import reference
from shared.contract import DEFAULT_CONTENT_LIMIT_BYTES
from shared.openapi.document import build_document

DOCUMENT = "/openapi.json"
# Small enough to be read at once over a slow line.
LARGEST_PAGE_BYTES = 64 * 1024


@pytest.mark.holds("openapi.document", "json-out.content-type")
def test_the_document_is_openapi_3_1(backend: Backend) -> None:
    """GET /openapi.json gives an OpenAPI 3.1 document.

    Sends: GET /openapi.json
    Wants: 200 as JSON with an ETag, its openapi 3.1, with a title and a version
    """
    answer = backend.send(get(DOCUMENT))
    assert answer.listed == ok(answer.content, ETag=answer.field("ETag") or "missing")
    assert answer.member("openapi", str).startswith("3.1.")
    assert {"title", "version"} <= answer.member("info", dict).keys()


@pytest.mark.holds("same.openapi")
def test_the_document_names_what_there_is(backend: Backend) -> None:
    """The document names the contract's paths and methods.

    HEAD and OPTIONS may be left out, as every path has them or could.

    Sends: GET /openapi.json
    Wants: exactly the contract's paths with GET or POST
    """
    paths = backend.send(get(DOCUMENT)).member("paths", dict)
    named = {
        path: {"get", "post", "put", "delete", "patch"} & item.keys()
        for path, item in paths.items()
        if isinstance(item, dict)
    }
    assert named == {path: {"get"} for path in READ_PATHS} | {
        path: {"post"} for path in WRITE_PATHS
    }


@pytest.mark.holds("same.bytes", "openapi.document", "docs.page")
@pytest.mark.needs("fresh", "iris")
def test_the_document_and_its_page_are_the_same_everywhere(backend: Backend) -> None:
    """Document and page are the same bytes everywhere.

    Sends: GET /openapi.json and GET /docs
    Wants: the bytes that podium's own backends serve
    """
    right = build_document(DEFAULT_CONTENT_LIMIT_BYTES, reference().described)
    assert backend.send(get(DOCUMENT)).content == right.content
    assert backend.send(get("/docs")).content == right.page


@pytest.mark.holds("openapi.etag")
def test_the_document_has_a_strong_etag(backend: Backend) -> None:
    """The document has a strong ETag, which does not change.

    Sends: GET /openapi.json, three times
    Wants: the same quoted ETag
    """
    tags = {backend.send(get(DOCUMENT)).field("ETag") for _ in range(3)}
    assert len(tags) == 1
    assert re.fullmatch('"[^"]+"', tags.pop() or "")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "condition",
    [
        case("same", "{tag}"),
        case("weak", "W/{tag}"),
        case("any", "*"),
        case("among-others", '"a", W/"b", {tag}'),
        case("without-space", '"a",{tag}'),
        case("comma-in-a-tag", '"a,b", {tag}'),
        case("in-a-second-field", '"a"\n{tag}'),
    ],
)
@pytest.mark.holds("openapi.not-modified")
def test_the_document_is_not_sent_again(backend: Backend, condition: str, method: str) -> None:
    """A client that has the document is told so.

    Sends: {method} /openapi.json with If-None-Match: {condition}
    Wants: 304 with the ETag, no content and no field about content
    """
    tag = backend.send(get(DOCUMENT)).field("ETag") or "missing"
    lines = condition.format(tag=tag).splitlines()
    fields = tuple(("If-None-Match", line) for line in lines)
    assert backend.send(Request(method, DOCUMENT, fields)).listed == Expected(304, {"ETag": tag})


@pytest.mark.parametrize(
    "condition",
    [
        case("other", '"a"'),
        case("unquoted", "a"),
        case("part", '"{part}"'),
        case("open-quote-in-a-field-before", '"a\n{tag}'),
    ],
)
@pytest.mark.holds("openapi.not-modified")
def test_the_document_is_sent_for_another_tag(backend: Backend, condition: str) -> None:
    """A client that has another document is sent this one.

    Sends: GET /openapi.json with If-None-Match: {condition}
    Wants: the same answer as without a condition
    """
    plain = backend.send(get(DOCUMENT))
    tag = plain.field("ETag") or "missing"
    lines = condition.format(tag=tag, part=tag[1:9]).splitlines()
    answer = backend.send(get(DOCUMENT, *(("If-None-Match", line) for line in lines)))
    assert answer.listed == plain.listed


@pytest.mark.holds("docs.page")
def test_the_page_is_small_html(backend: Backend) -> None:
    """GET /docs gives the document as a small page.

    Sends: GET /docs
    Wants: 200 text/html below 64 KiB with its length, in which every path is named
    """
    answer = backend.send(get("/docs"))
    assert answer.status == 200
    assert (answer.field("Content-Type") or "").partition(";")[0] == "text/html"
    assert answer.field("Content-Length") == str(len(answer.content))
    assert len(answer.content) < LARGEST_PAGE_BYTES
    page = References(answer.content)
    for path in READ_PATHS + WRITE_PATHS:
        assert path in page.text


@pytest.mark.holds("docs.page", "same.bytes")
def test_the_page_has_no_other_listed_field(backend: Backend) -> None:
    """Of the header fields that the contract speaks of, the page has its type and length alone.

    Sends: GET /docs
    Wants: no Cache-Control, ETag or Content-Encoding
    """
    assert backend.send(get("/docs")).listed.fields.keys() == {"Content-Type", "Content-Length"}


@pytest.mark.holds("docs.offline")
def test_the_page_refers_to_nothing_outside(backend: Backend) -> None:
    """The page refers to nothing outside.

    Sends: GET /docs
    Wants: no link, script, style or picture of another host
    """
    page = References(backend.send(get("/docs")).content)
    outside = [target for target in page.targets if not target.startswith(("/", "#", "data:"))]
    assert outside == []
    assert not [target for target in page.targets if target.startswith("//")]
    assert "@import" not in page.text
    assert "url(" not in page.text


class References(HTMLParser):
    """The text of a page, and the addresses that it would load or link to."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.text = ""
        self.feed(content.decode("utf-8", "replace"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        loading = {"href", "src", "srcset", "action", "data", "poster", "formaction", "ping"}
        self.targets += [value or "" for name, value in attrs if name in loading]
        self.text += "".join(value or "" for name, value in attrs if name == "style")

    def handle_data(self, data: str) -> None:
        self.text += data
